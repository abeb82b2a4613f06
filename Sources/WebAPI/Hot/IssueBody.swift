package import Domain
package import Tokens

/// Reads the body of `POST /tokens`.
package enum IssueBody {
    /// The deepest nesting of `custom`, itself the first level.
    private static let customDepth = 16
    private static let customBytes = 5_120
    private static let nameCharacters = 255
    private static let imageCharacters = 2_048
    private static let channelCount = 64
    private static let channelBytes = 255
    private static let mostErrors = 20

    /// The request in a body, or every reason why there is none.
    ///
    /// - Parameters:
    ///   - body: the bytes as they came.
    ///   - scanner: works on them; its arrays are reused.
    /// - Returns: the request; its `expiresIn` is checked later, against the tenant's limit.
    /// - Throws: `invalidJSON` or `invalidRequest` with at most 20 fields.
    package static func read(_ body: Span<UInt8>, scanner: inout JSONScanner) throws(Failure) -> IssueRequest {
        // One level more than allowed is read, so that a `custom` that is too deep is named as such.
        try scanner.scanBody(body, maximumDepth: customDepth + 2)
        var fields = IssueFields()
        for member in scanner.members { fields.take(member, in: body) }
        return try fields.request()
    }

    /// The members of a body as far as they were read, and what is wrong with them.
    private struct IssueFields {
        var user: User.ID?
        var name = FieldChange<String>.keep
        var image = FieldChange<String>.keep
        var custom = FieldChange<[UInt8]>.keep
        var expiresIn: Int?
        var refresh = false
        var channels: [UInt8]?
        var errors: [Failure.Field] = []

        mutating func take(_ member: JSONScanner.Member, in body: Span<UInt8>) {
            let value = member.value
            let name =
                member.nameHasEscapes
                ? JSONText.string(unescaping: body, member.name) : JSONText.string(body, member.name)
            switch name {
            case "userId": takeUser(value, body)
            case "name": takeName(value, body)
            case "image": takeImage(value, body)
            case "custom": takeCustom(value, body)
            case "expiresIn": takeExpiresIn(value, body)
            case "refresh": takeRefresh(value)
            case "channels": takeChannels(value, body)
            default: refuse(name, "is not a member of this request")
            }
        }

        consuming func request() throws(Failure) -> IssueRequest {
            if user == nil && !errors.contains(where: { $0.field == "userId" }) { refuse("userId", "is required") }
            guard errors.isEmpty, let user else {
                throw .invalidRequest(Failure.unacceptable, errors)
            }
            let change = UserChange(id: user, name: name, image: image, custom: custom)
            return IssueRequest(change: change, expiresIn: expiresIn, refresh: refresh, channels: channels)
        }

        private mutating func refuse(_ field: String, _ detail: String) {
            // Enough to mend a request by; a hostile one shall not be answered by something much larger.
            if errors.count < mostErrors { errors.append(Failure.Field(field, detail)) }
        }

        private func text(_ value: JSONScanner.Value, _ body: Span<UInt8>) -> String {
            value.hasEscapes
                ? JSONText.string(unescaping: body, value.content) : JSONText.string(body, value.content)
        }

        private mutating func takeUser(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            guard value.kind == .string, let id = User.ID(text(value, body)) else {
                return refuse(
                    "userId", "must be a string of 1 to \(User.ID.longest) bytes without control characters")
            }
            user = id
        }

        private mutating func takeName(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            if value.kind == .null { return name = .clear }
            guard value.kind == .string, !value.hasControlCharacters else {
                return refuse("name", "must be null or a string without control characters")
            }
            let text = text(value, body)
            guard text.utf8.count <= nameCharacters || text.unicodeScalars.count <= nameCharacters else {
                return refuse("name", "must have at most \(nameCharacters) characters")
            }
            name = .set(text)
        }

        private mutating func takeImage(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            if value.kind == .null { return image = .clear }
            guard value.kind == .string else { return refuse("image", "must be null or a string") }
            let text = text(value, body)
            guard text.utf8.count <= imageCharacters, WebAddress.isAbsolute(text) else {
                return refuse("image", "must be an absolute http or https URL of at most \(imageCharacters) characters")
            }
            image = .set(text)
        }

        private mutating func takeCustom(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            if value.kind == .null { return custom = .clear }
            guard value.kind == .object else { return refuse("custom", "must be null or an object") }
            guard value.depth <= customDepth else {
                return refuse("custom", "must be nested at most \(customDepth) levels deep")
            }
            var compact: [UInt8] = []
            compact.reserveCapacity(value.range.count)
            JSONText.appendCompact(body, value, to: &compact)
            guard compact.count <= customBytes else {
                return refuse("custom", "must have at most \(customBytes) bytes as compact JSON")
            }
            custom = .set(compact)
        }

        private mutating func takeExpiresIn(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            // The range depends on the tenant and is checked where that is known; here only the type.
            guard value.kind == .number, let seconds = Self.integer(JSONText.string(body, value.range)) else {
                return refuse("expiresIn", "must be an integer (seconds)")
            }
            expiresIn = seconds
        }

        /// The integer that a JSON number stands for: 3600, but also 3600.0 and 36e2.
        private static func integer(_ text: String) -> Int? {
            if let integer = Int(text) { return integer }
            guard let number = Double(text), number == number.rounded(), abs(number) < 1e15 else { return nil }
            return Int(number)
        }

        private mutating func takeRefresh(_ value: JSONScanner.Value) {
            switch value.kind {
            case .true: refresh = true
            case .false: refresh = false
            default: refuse("refresh", "must be true or false")
            }
        }

        private mutating func takeChannels(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            guard value.kind == .array else { return refuse("channels", "must be an array of strings") }
            var elements = JSONElements(of: value)
            var count = 0
            while let element = elements.next(body) {
                let isAcceptable =
                    element.kind == .string && !element.hasControlCharacters
                    && (1...channelBytes).contains(text(element, body).utf8.count)
                if !isAcceptable {
                    let rule = "must be a string of 1 to \(channelBytes) bytes without control characters"
                    return refuse("channels[\(count)]", rule)
                }
                count += 1
            }
            guard count <= channelCount else { return refuse("channels", "must have at most \(channelCount) elements") }
            var compact: [UInt8] = []
            JSONText.appendCompact(body, value, to: &compact)
            channels = compact
        }
    }
}
