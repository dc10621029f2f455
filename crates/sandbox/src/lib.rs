//! The stand-in for every outside platform, strict as the originals.
