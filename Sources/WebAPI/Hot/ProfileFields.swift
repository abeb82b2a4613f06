internal import Domain
internal import Tokens

/// The members of a request that make up a user's profile, as far as they were read, and what is wrong with all of its
/// members.
struct ProfileFields {
    /// Enough to mend a request by; a hostile one shall not be answered by something much larger.
    private static let mostErrors = 20

    var name = FieldChange<String>.keep
    var image = FieldChange<String>.keep
    var custom = FieldChange<[UInt8]>.keep
    private(set) var errors: [Failure.Field] = []

    mutating func refuse(_ field: String, _ detail: String) {
        if errors.count < Self.mostErrors { errors.append(Failure.Field(field, detail)) }
    }

    func complains(of field: String) -> Bool { errors.contains { $0.field == field } }

    mutating func user(_ value: JSONScanner.Value, _ body: Span<UInt8>) -> User.ID? {
        if value.kind == .string, let id = User.ID(value.text(in: body)) { return id }
        refuse("userId", Self.userRule)
        return nil
    }

    static let userRule = "must be a string of 1 to \(User.ID.longest) bytes without control characters"

    mutating func takeName(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
        if value.kind == .null { return name = .clear }
        guard value.kind == .string, !value.hasControlCharacters else {
            return refuse("name", "must be null or a string without control characters")
        }
        let text = value.text(in: body)
        let most = UserLimits.nameCharacters
        guard text.utf8.count <= most || text.unicodeScalars.count <= most else {
            return refuse("name", "must have at most \(most) characters")
        }
        name = .set(text)
    }

    mutating func takeImage(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
        if value.kind == .null { return image = .clear }
        guard value.kind == .string else { return refuse("image", "must be null or a string") }
        let text = value.text(in: body)
        let most = UserLimits.imageCharacters
        guard text.utf8.count <= most, WebAddress.isAbsolute(text.utf8.span) else {
            return refuse("image", "must be an absolute http or https URL of at most \(most) characters")
        }
        image = .set(text)
    }

    /// Takes custom metadata, or a patch of it, whose size says nothing of the result's.
    mutating func takeCustom(_ value: JSONScanner.Value, _ body: Span<UInt8>, isPatch: Bool = false) {
        if value.kind == .null { return custom = .clear }
        guard value.kind == .object else { return refuse("custom", "must be null or an object") }
        guard value.depth <= UserLimits.customDepth else {
            return refuse("custom", "must be nested at most \(UserLimits.customDepth) levels deep")
        }
        var compact: [UInt8] = []
        compact.reserveCapacity(value.range.count)
        JSONText.appendCompact(body, value, to: &compact)
        guard isPatch || compact.count <= UserLimits.customBytes else {
            return refuse("custom", UserLimits.customSizeRule)
        }
        custom = .set(compact)
    }
}

extension JSONScanner.Value {
    /// The text of a string.
    func text(in body: Span<UInt8>) -> String {
        hasEscapes ? JSONText.string(unescaping: body, content) : JSONText.string(body, content)
    }
}

extension JSONScanner.Member {
    /// The name, unescaped.
    func name(in body: Span<UInt8>) -> String {
        nameHasEscapes ? JSONText.string(unescaping: body, name) : JSONText.string(body, name)
    }
}
