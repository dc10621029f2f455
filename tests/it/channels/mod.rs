//! One stock pool on every channel: told, compared, refused, mended.

mod failing;
mod heavy;
mod hinted;
mod mending;
mod platforms;
mod ruling;
pub mod scene;
mod telling;
