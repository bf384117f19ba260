// The names are those of the C header, which the compiler compares.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CGlyphline
import Commands

private let version = CStrings([Glyphline.version])

@c @implementation
public func glyphline_version() -> UnsafePointer<CChar>! { version.pointers[0] }

@c @implementation
public func glyphline_run_program() { Glyphline.main() }
