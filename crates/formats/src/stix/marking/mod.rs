//! Markings.
pub mod selector;
pub mod own {
    //! Own.
    /// Ext.
    pub const EXTENSION: &str = "extension-definition--4cb6a9a8-6c5d-4d8c-9d52-3d3c7c2f9a11";
}
