/// A chat end-user, unique by tenant and identifier.
package struct User: Sendable, Equatable {
    /// What the tenant calls the user: 1 to 255 bytes of UTF-8 without control characters.
    package struct ID: Sendable, Hashable, CustomStringConvertible {
        /// The identifier as text.
        package let text: String

        /// The longest identifier in bytes of UTF-8.
        package static let longest = 255

        /// The identifier, or nil where the text breaks the rules above.
        package init?(_ text: String) {
            guard (1...Self.longest).contains(text.utf8.count), !text.unicodeScalars.contains(where: \.isControl)
            else { return nil }
            self.text = text
        }

        package var description: String { text }

        /// By bytes, as the database compares: Swift holds "é" and "e" with an accent for the same text.
        package static func == (left: ID, right: ID) -> Bool {
            left.text.utf8.elementsEqual(right.text.utf8)
        }

        /// By bytes too, so that who knows only the hash does not take two for one.
        package func hash(into hasher: inout Hasher) { hasher.combine(bytesOf: text) }
    }

    /// The identifier.
    package let id: ID
    /// The display name, at most 255 characters.
    package var name: String?
    /// An absolute http(s) URL, at most 2,048 characters.
    package var image: String?
    /// A JSON object as compact text, kept digit by digit as it came; nil: none.
    package var custom: [UInt8]?

    /// A user with the given profile.
    package init(id: ID, name: String? = nil, image: String? = nil, custom: [UInt8]? = nil) {
        self.id = id
        self.name = name
        self.image = image
        self.custom = custom
    }
}

extension Unicode.Scalar {
    /// Whether this is a control character of category Cc: U+0000–U+001F or U+007F–U+009F.
    package var isControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value)
    }
}

/// What a request says about one field of a stored record.
package enum FieldChange<Value: Sendable & Equatable>: Sendable, Equatable {
    /// The request does not mention the field: what is stored stays.
    case keep
    /// The request sets the field to `null`: what is stored goes.
    case clear
    /// The request gives a value, which replaces what is stored.
    case set(Value)

    /// The value after the change.
    package func applied(to stored: Value?) -> Value? {
        switch self {
        case .keep: stored
        case .clear: nil
        case .set(let value): value
        }
    }
}

/// What one request changes of a user.
package struct UserChange: Sendable, Equatable {
    /// Whom it concerns.
    package let id: User.ID
    /// The fields' changes.
    package var name: FieldChange<String>, image: FieldChange<String>, custom: FieldChange<[UInt8]>

    /// A change of nothing unless given.
    package init(
        id: User.ID, name: FieldChange<String> = .keep, image: FieldChange<String> = .keep,
        custom: FieldChange<[UInt8]> = .keep
    ) {
        self.id = id
        self.name = name
        self.image = image
        self.custom = custom
    }

    /// The user after the change; `stored` is nil where there was none.
    package func applied(to stored: User?) -> User {
        User(
            id: id, name: name.applied(to: stored?.name), image: image.applied(to: stored?.image),
            custom: custom.applied(to: stored?.custom))
    }
}
