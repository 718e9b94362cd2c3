//! Tests of what must hold in hookseal for any input. They are in a package of their own because they need a
//! property-testing library.
