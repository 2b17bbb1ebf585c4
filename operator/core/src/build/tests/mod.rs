pub(crate) mod fixtures;
mod hash;
mod rendering;
mod scripts;
mod security;
