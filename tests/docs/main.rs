//! Tests of the documentation: links, settings, quotes, and the worked examples.

#![cfg(test)]

mod links;
mod node;
mod pages;
mod proofs;
mod quotes;
mod release;
mod settings;
mod truth;
mod worked;
