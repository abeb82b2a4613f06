import Testing
import Tokens

@Suite("JSON merge patches, RFC 7396")
struct JSONMergePatchTests {
    private static func merged(_ target: String?, _ patch: String) throws -> String {
        String(
            decoding: try JSONMergePatch.apply(Array(patch.utf8), to: target.map { Array($0.utf8) }), as: UTF8.self)
    }

    @Test(
        "The examples of RFC 7396, appendix A",
        arguments: [
            (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
            (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
            (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
            (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
            (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
            (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
            (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
            (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
            (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
            (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
            (#"{"a":"foo"}"#, "null", "null"),
            (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
            (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
            ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
            ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
        ])
    func appendix(target: String, patch: String, result: String) throws {
        #expect(try Self.merged(target, patch) == result)
    }

    @Test("What the patch does not touch keeps every digit, escape and its place; so does what it brings")
    func verbatim() throws {
        let target = #"{"z":1.00,"big":123456789012345678901234567890,"deep":{"e":1E400,"x":1},"s":"\u00e9\/"}"#
        let patch = #"{"deep":{"x":-0.0,"y":0.10},"new":9007199254740993}"#
        #expect(
            try Self.merged(target, patch)
                == #"{"z":1.00,"big":123456789012345678901234567890,"deep":{"e":1E400,"x":-0.0,"y":0.10},"#
                + #""s":"\u00e9\/","new":9007199254740993}"#)
    }

    @Test("Names are the same whether escaped or not, and are compared byte by byte")
    func names() throws {
        #expect(try Self.merged(#"{"\u0061":1,"b":2}"#, #"{"a":3}"#) == #"{"\u0061":3,"b":2}"#)
        #expect(try Self.merged(#"{"a":1}"#, #"{"\u0061":null}"#) == "{}")
        // "é" composed and decomposed.
        #expect(try Self.merged("{\"\u{E9}\":1}", "{\"e\u{301}\":null}") == "{\"\u{E9}\":1}")
        #expect(try Self.merged(#"{"a,\"b\":{":[1,{"a":2}]}"#, #"{"c":"}"}"#) == #"{"a,\"b\":{":[1,{"a":2}],"c":"}"}"#)
    }

    @Test("A patch of nothing there is the patch without its nulls, and an empty patch changes nothing")
    func edges() throws {
        #expect(try Self.merged(nil, #"{"a":{"b":null,"c":1},"d":null}"#) == #"{"a":{"c":1}}"#)
        #expect(try Self.merged(#"{"a":{"b":null}}"#, "{}") == #"{"a":{"b":null}}"#)
        #expect(try Self.merged(#"{"a":{"b":1}}"#, #"{"a":{}}"#) == #"{"a":{"b":1}}"#)
        #expect(try Self.merged(#"{"a":1}"#, #"{"a":{}}"#) == #"{"a":{}}"#)
    }

    @Test("A thousand members are merged in linear time")
    func many() throws {
        let target = "{" + (0..<3_000).map { "\"m\($0)\":\($0)" }.joined(separator: ",") + "}"
        let patch = "{" + (0..<3_000).map { "\"m\($0)\":null" }.joined(separator: ",") + "}"
        #expect(try Self.merged(target, patch) == "{}")
    }
}
