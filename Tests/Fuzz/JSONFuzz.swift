// A libFuzzer target: JSONScanner against jansson, and the scanner's pieces against each other.
//
// Compiled as one module with Sources/Tokens/JSON, see the Makefile.

/// Whatever the bytes: one verdict, one meaning, linear work, and text that survives being rewritten.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var scanner = JSONScanner()
    do throws(JSONFailure) {
        let value = try scanner.scanValue(bytes.span, maximumDepth: 64)
        precondition(scanner.nameComparisons <= 8 * bytes.count)
        checkTree(bytes.span, value)
        checkCompact(bytes.span, value)
    } catch {
        precondition(scanner.members.isEmpty)
        precondition(error.offset <= count && error.description.utf8.count < 1_000)
        // jansson takes a null byte outside a string for the end of the text, and has another depth limit.
        let isKnown = error.problem == .tooDeep || bytes.contains(0)
        if !isKnown, (try? JSON.parseUnscanned(bytes.span)) != nil { fatalError("accepted by jansson") }
    }
    return 0
}

private func checkTree(_ bytes: Span<UInt8>, _ value: JSONScanner.Value) {
    do throws(JSONFailure) {
        let tree = try JSON.parseUnscanned(bytes)
        check(bytes, value, tree)
        let canonical = tree.canonicalBytes()
        let again = try JSON.parse(canonical.span, maximumDepth: 64)
        precondition(again == tree && again.canonicalBytes() == canonical)
    } catch {
        precondition(error.problem == .numberOutOfRange || error.problem == .nullCharacterInName, "\(error)")
    }
}

/// The part of the text that `value` is means what `json` means.
private func check(_ bytes: Span<UInt8>, _ value: JSONScanner.Value, _ json: JSON) {
    precondition(json.kind == value.kind)
    switch value.kind {
    case .null, .true, .false: break
    case .number:
        let text = JSONText.string(bytes, value.range)
        precondition(json.integer.map { $0 == Int64(text) } ?? (json.double == Double(text)))
    case .string:
        let text = JSONText.string(unescaping: bytes, value.content)
        precondition(json.string.map { Array($0.utf8) } == Array(text.utf8))
        checkString(text, value)
    case .array:
        var elements = JSONElements(of: value)
        for element in json.array ?? [] {
            guard let found = elements.next(bytes) else { fatalError("an element is missing") }
            checkAlone(bytes, found)
            check(bytes, found, element)
        }
        precondition(elements.next(bytes) == nil)
    case .object:
        var scanner = JSONScanner()
        let part = bytes.extracting(value.range)
        do throws(JSONFailure) { try scanner.scanObject(part, maximumDepth: 64) } catch { fatalError("\(error)") }
        let members = json.members ?? []
        precondition(members.count == scanner.members.count)
        for (found, member) in zip(scanner.members, members) {
            precondition(JSONText.string(unescaping: part, found.name).utf8.elementsEqual(member.name.utf8))
            check(part, found.value, member.value)
        }
    }
}

/// A decoded string has the flags it deserves and survives being written and read.
private func checkString(_ text: String, _ value: JSONScanner.Value) {
    let hasControl = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    precondition(value.hasControlCharacters == hasControl)
    var written: [UInt8] = []
    JSONText.appendEscaped(text, to: &written)
    var scanner = JSONScanner()
    do throws(JSONFailure) {
        let again = try scanner.scanValue(written.span, maximumDepth: 0)
        precondition(JSONText.string(unescaping: written.span, again.content).utf8.elementsEqual(text.utf8))
    } catch { fatalError("\(error)") }
}

/// An element found by the walk is what a scan of its bytes alone finds.
private func checkAlone(_ bytes: Span<UInt8>, _ element: JSONScanner.Value) {
    var scanner = JSONScanner()
    do throws(JSONFailure) {
        var alone = try scanner.scanValue(bytes.extracting(element.range), maximumDepth: element.depth)
        precondition(alone.range == 0..<element.range.count)
        alone.range = element.range
        precondition(alone == element)
    } catch { fatalError("\(error)") }
}

/// Compacting drops whitespace only, once and for all.
private func checkCompact(_ bytes: Span<UInt8>, _ value: JSONScanner.Value) {
    var compact: [UInt8] = []
    JSONText.appendCompact(bytes, value, to: &compact)
    var scanner = JSONScanner()
    do throws(JSONFailure) {
        let again = try scanner.scanValue(compact.span, maximumDepth: value.depth)
        precondition(!again.hasWhitespace && again.range == 0..<compact.count)
        precondition(again.depth == value.depth && again.hasControlCharacters == value.hasControlCharacters)
        precondition(again.hasEscapes == value.hasEscapes && again.kind == value.kind)
        precondition(value.hasWhitespace == (compact.count < value.range.count))
    } catch { fatalError("\(error)") }
}
