import Testing
import Tokens

/// The tree on jansson and the fields taken from it.
@Suite struct JSONTreeTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func valuesAreReadByTheirType() throws {
        let json = try JSON.parse(
            #"{"s":"é\u0000x","i":-9223372036854775808,"d":1.5,"w":6e1,"g":1e16,"t":true,"f":false,"n":null,"a":[1,"x"],"o":{"k":2}}"#,
            maximumDepth: 2)
        #expect(json["s"]?.string == "é\u{0}x")
        #expect(json["i"]?.integer == .min && json["i"]?.double == -9.223372036854775808e18)
        #expect(json["d"]?.double == 1.5 && json["d"]?.integer == nil && json["w"]?.integer == nil)
        #expect(json["i"]?.wholeNumber == .min && json["w"]?.wholeNumber == 60 && json["g"]?.wholeNumber == nil)
        #expect(json["t"]?.bool == true && json["f"]?.bool == false && json["n"]?.isNull == true)
        #expect(json["a"]?.array == [1, "x"] && json["o"]?["k"]?.integer == 2)
        #expect(json["missing"] == nil && json["s"]?["x"] == nil && json.string == nil && json["s"]?.bool == nil)
        #expect(json.members?.map(\.name) == ["s", "i", "d", "w", "g", "t", "f", "n", "a", "o"])
        #expect(json["s"]?.members == nil && json.array == nil && json["n"]?.double == nil)
    }

    @Test func aPartOutlivesTheTreeItCameFrom() throws {
        var part: JSON?
        do { part = try JSON.parse(#"{"a":[{"b":["deep"]}]}"#, maximumDepth: 8)["a"]?.array?[0]["b"] }
        #expect(part?.array?.first?.string == "deep")
    }

    @Test func aNullCharacterInANameIsRefusedByTheTreeOnly() {
        let bytes = Array(#"{"a\u0000":1}"#.utf8)
        #expect(JSONGrammarTests.verdict(bytes) == nil)
        #expect(JSONGrammarTests.treeVerdict(bytes) == .nullCharacterInName)
    }

    @Test func canonicalTextIsSortedCompactAndStable() throws {
        let one = try JSON.parse(#" { "b" : [1, 2.50, "\/é\n"] , "a":{"z":null,"y":true} } "#, maximumDepth: 4)
        let other = try JSON.parse(#"{"a":{"y":true,"z":null},"b":[1,2.5,"/\u00e9\u000A"]}"#, maximumDepth: 4)
        #expect(text(one.canonicalBytes()) == #"{"a":{"y":true,"z":null},"b":[1,2.5,"/é\n"]}"#)
        #expect(one.canonicalBytes() == other.canonicalBytes())
        #expect(one == other)
        #expect(text(one.compactBytes()) == #"{"b":[1,2.5,"/é\n"],"a":{"z":null,"y":true}}"#)
    }

    @Test func literalsBuildTheTreeTheyShow() {
        let json: JSON = ["s": "x\"/", "i": 1, "t": true, "n": nil, "a": [1, [], [:]], "": "é"]
        #expect(text(json.compactBytes()) == #"{"s":"x\"/","i":1,"t":true,"n":null,"a":[1,[],{}],"":"é"}"#)
        #expect(text(JSON("top").compactBytes()) == "\"top\"")
        #expect(text(JSON(Int64.min).compactBytes()) == "-9223372036854775808")
        #expect(JSON(object: [("a", 1), ("b", 2), ("a", 3)])["a"]?.integer == 3)
    }

    @Test func requiredAndOptionalFieldsAreTaken() throws {
        let json: JSON = ["token": "t", "count": 3, "list": ["a", "b"], "none": nil, "flag": false, "o": [:], "x": 1]
        var fields = JSONFields(json)
        #expect(fields.required("token", as: .string) == "t")
        #expect(fields.required("count", as: .integer) == 3)
        #expect(fields.required("list", as: .strings) == ["a", "b"])
        #expect(fields.optional("none", as: .string) == nil)
        #expect(fields.optional("absent", as: .array) == nil)
        #expect(fields.optional("flag", as: .bool) == false)
        #expect(fields.optional("o", as: .object) != nil)
        #expect(fields.optional("x", as: .any) == 1)
        try fields.finish()
    }

    @Test func everyFaultIsNamedAtOnce() {
        var fields = JSONFields(["token": 1, "list": ["a", 2], "expect": "x", "extra": 1, "null": nil])
        #expect(fields.required("token", as: .string) == nil)
        #expect(fields.required("missing", as: .integer) == nil)
        #expect(fields.optional("list", as: .strings) == nil)
        #expect(fields.required("null", as: .bool) == nil)
        if fields.required("expect", as: .string) != "rest" { fields.refuse("expect", "must be rest or ws") }
        let expected = [
            ("token", "must be a string"), ("missing", "is required"), ("list", "must be an array of strings"),
            ("null", "must be true or false"), ("expect", "must be rest or ws"), ("extra", "is not a known member"),
        ]
        let thrown = #expect(throws: JSONFields.Invalid.self) { try fields.finish() }
        #expect(thrown?.faults == expected.map { JSONFields.Fault(field: $0.0, detail: $0.1) })
    }

    @Test func namesAreComparedByTheirBytes() {
        var fields = JSONFields(["api\u{212A}eyId": "x", "e\u{301}": 1])
        #expect(fields.optional("apiKeyId", as: .string) == nil)
        #expect(fields.optional("é", as: .integer) == nil)
        let thrown = #expect(throws: JSONFields.Invalid.self) { try fields.finish() }
        #expect(thrown?.faults.count == 2)
    }

    @Test func whatIsNotAnObjectHasNoFields() {
        var fields = JSONFields([1])
        let thrown = #expect(throws: JSONFields.Invalid.self) { try fields.finish() }
        #expect(thrown?.faults == [JSONFields.Fault(field: "", detail: "must be an object")])
    }
}
