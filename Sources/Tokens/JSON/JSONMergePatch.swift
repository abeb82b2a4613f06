/// JSON Merge Patch (RFC 7396) on JSON text: what a patch does not touch stays as it was written, digit by digit.
package enum JSONMergePatch {
    /// The target after the patch.
    ///
    /// Members keep the order of the target, new ones follow in that of the patch. Names are compared after
    /// unescaping; a name that stays keeps its spelling.
    /// - Parameters:
    ///   - patch: JSON text without whitespace outside strings.
    ///   - target: such a text too; nil: there is nothing yet.
    /// - Returns: JSON text without whitespace.
    /// - Throws: what `JSONScanner` finds wrong with one of the texts.
    package static func apply(_ patch: [UInt8], to target: [UInt8]?) throws(JSONFailure) -> [UInt8] {
        guard let changes = try members(of: patch) else { return patch }
        var result: [UInt8] = [UInt8(ascii: "{")]
        var places: [[UInt8]: Int] = [:]
        for (place, change) in changes.enumerated() { places[change.name] = place }
        var isMet = [Bool](repeating: false, count: changes.count)
        let stored = try target.flatMap { target throws(JSONFailure) in try members(of: target) } ?? []
        for member in stored {
            guard let place = places[member.name] else {
                append(member.quotedName, member.value, to: &result)
                continue
            }
            isMet[place] = true
            let change = changes[place]
            if change.isNull { continue }
            append(member.quotedName, try apply(change.value, to: member.value), to: &result)
        }
        for (change, isMet) in zip(changes, isMet) where !isMet && !change.isNull {
            append(change.quotedName, try apply(change.value, to: nil), to: &result)
        }
        result.append(UInt8(ascii: "}"))
        return result
    }

    private struct Member {
        /// The name unescaped, and as it is written with its quotes.
        let name: [UInt8], quotedName: [UInt8]
        let value: [UInt8]
        let isNull: Bool
    }

    /// The members of an object; nil for any other value.
    private static func members(of text: [UInt8]) throws(JSONFailure) -> [Member]? {
        var scanner = JSONScanner()
        let value = try scanner.scanValue(text.span, maximumDepth: JSONScanner.depthCeiling)
        guard value.kind == .object else { return nil }
        return scanner.members.map { member in
            var name: [UInt8] = []
            JSONText.unescape(text.span, member.name, into: &name)
            return Member(
                name: name, quotedName: Array(text[(member.name.lowerBound - 1)...member.name.upperBound]),
                value: Array(text[member.value.range]), isNull: member.value.kind == .null)
        }
    }

    private static func append(_ name: [UInt8], _ value: [UInt8], to result: inout [UInt8]) {
        if result.count > 1 { result.append(UInt8(ascii: ",")) }
        result.append(contentsOf: name)
        result.append(UInt8(ascii: ":"))
        result.append(contentsOf: value)
    }
}
