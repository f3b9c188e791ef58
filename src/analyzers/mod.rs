//! PLUG-IN: Evidence → Analysis.
//!
//! | analyst | chosen by | folder |
//! |---|---|---|
//! | rules | `ANALYZER=rules`, the default | `rules/` |

pub mod rules;
