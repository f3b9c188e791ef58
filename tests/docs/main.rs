//! What the documentation says, held against what there is: links, settings, quotes, and the worked examples.

#[cfg(test)]
mod links;
#[cfg(test)]
mod node;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod quotes;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod worked;
