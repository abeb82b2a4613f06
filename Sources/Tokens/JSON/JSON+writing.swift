import CJansson

extension JSON {
    /// The value as compact UTF-8, members in their order, without `\/`.
    package func compactBytes() -> [UInt8] { bytes(JSON_COMPACT | JSON_ENCODE_ANY) }

    /// The value as compact UTF-8 with the members of every object sorted by the bytes of their names.
    ///
    /// Equal values give equal bytes; made for hashing and comparing, not for another library's canonical form.
    package func canonicalBytes() -> [UInt8] { bytes(JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) }

    private func bytes(_ flags: Int32) -> [UInt8] {
        unsafe withPointer { pointer in
            let size = unsafe json_dumpb(pointer, nil, 0, Int(flags))
            return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                let text = unsafe UnsafeMutableRawBufferPointer(buffer).assumingMemoryBound(to: CChar.self)
                count = unsafe json_dumpb(pointer, text.baseAddress, text.count, Int(flags))
            }
        }
    }

    /// A string.
    package init(_ string: String) {
        var string = string
        self = string.withUTF8 { utf8 in
            let text = unsafe UnsafeRawBufferPointer(utf8).assumingMemoryBound(to: CChar.self)
            return unsafe JSON(owning: json_stringn_nocheck(text.baseAddress, text.count))
        }
    }

    /// An integer.
    package init(_ integer: Int64) { unsafe self.init(owning: json_integer(integer)) }

    /// `true` or `false`.
    package init(_ bool: Bool) { unsafe self.init(owning: bool ? json_true() : json_false()) }

    /// An array of these elements.
    package init(_ elements: [JSON]) {
        unsafe self.init(owning: json_array())
        unsafe withPointer { array in
            for element in elements {
                unsafe element.withPointer { unsafe Self.check(json_array_append_new(array, json_incref($0))) }
            }
        }
    }

    /// An object of these members, in this order; of two with the same name the later one stays.
    package init(object members: [(name: String, value: JSON)]) {
        unsafe self.init(owning: json_object())
        unsafe withPointer { object in
            for member in members {
                var name = member.name
                name.withUTF8 { utf8 in
                    let key = unsafe UnsafeRawBufferPointer(utf8).assumingMemoryBound(to: CChar.self)
                    unsafe member.value.withPointer { value in
                        unsafe Self.check(
                            json_object_setn_new_nocheck(object, key.baseAddress, key.count, json_incref(value)))
                    }
                }
            }
        }
    }

    /// Ends the process if jansson could not add a value, which happens only when memory has run out.
    private static func check(_ status: Int32) { if status != 0 { fatalError("out of memory") } }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    package init(stringLiteral value: String) { self.init(value) }

    /// An integer.
    package init(integerLiteral value: Int64) { self.init(value) }

    /// `true` or `false`.
    package init(booleanLiteral value: Bool) { self.init(value) }

    /// `null`.
    package init(nilLiteral: ()) { unsafe self.init(owning: json_null()) }

    /// An array.
    package init(arrayLiteral elements: JSON...) { self.init(elements) }

    /// An object, its members in the order written.
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self.init(object: elements.map { (name: $0, value: $1) })
    }
}
