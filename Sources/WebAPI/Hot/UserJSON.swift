internal import Domain
internal import Tokens

/// A user as the API shows one: every field present, `null` where nothing is stored.
enum UserJSON {
    static func append(_ user: User, to out: inout [UInt8]) {
        out.append(text: "{\"id\":")
        out.append(json: user.id.text)
        out.append(text: ",\"name\":")
        append(user.name, to: &out)
        out.append(text: ",\"image\":")
        append(user.image, to: &out)
        out.append(text: ",\"custom\":")
        if let custom = user.custom { out.append(copying: custom.span) } else { out.append(text: "null") }
        out.append(text: "}")
    }

    private static func append(_ text: String?, to out: inout [UInt8]) {
        if let text { out.append(json: text) } else { out.append(text: "null") }
    }
}
