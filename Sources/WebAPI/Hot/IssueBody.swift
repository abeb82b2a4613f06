package import Domain
package import Tokens

/// Reads the body of `POST /tokens`.
package enum IssueBody {
    private static let channelCount = 64
    private static let channelBytes = 255

    /// The request in a body, or every reason why there is none.
    ///
    /// - Parameters:
    ///   - body: the bytes as they came.
    ///   - scanner: works on them; its arrays are reused.
    /// - Returns: the request; its `expiresIn` is checked later, against the tenant's limit.
    /// - Throws: `invalidJSON` or `invalidRequest` with at most 20 fields.
    package static func read(_ body: Span<UInt8>, scanner: inout JSONScanner) throws(Failure) -> IssueRequest {
        try scanner.scanBody(body)
        var fields = IssueFields()
        for member in scanner.members { fields.take(member, in: body) }
        return try fields.request()
    }

    /// The members of a body as far as they were read, and what is wrong with them.
    private struct IssueFields {
        var user: User.ID?
        var profile = ProfileFields()
        var expiresIn: Int?
        var refresh = false
        var channels: [UInt8]?
        var label: Label?

        mutating func take(_ member: JSONScanner.Member, in body: Span<UInt8>) {
            let value = member.value
            let name = member.name(in: body)
            switch name {
            case "userId": takeUser(value, body)
            case "name": profile.takeName(value, body)
            case "image": profile.takeImage(value, body)
            case "custom": profile.takeCustom(value, body)
            case "expiresIn": takeExpiresIn(value, body)
            case "refresh": takeRefresh(value)
            case "channels": takeChannels(value, body)
            case "label": takeLabel(value, body)
            default: refuse(name, "is not a member of this request")
            }
        }

        consuming func request() throws(Failure) -> IssueRequest {
            if user == nil && !profile.complains(of: "userId") { refuse("userId", "is required") }
            guard profile.errors.isEmpty, let user else {
                throw .invalidRequest(Failure.unacceptable, profile.errors)
            }
            let change = UserChange(id: user, name: profile.name, image: profile.image, custom: profile.custom)
            return IssueRequest(
                change: change, expiresIn: expiresIn, refresh: refresh, channels: channels, label: label)
        }

        private mutating func refuse(_ field: String, _ detail: String) {
            profile.refuse(field, detail)
        }

        private mutating func takeUser(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            user = profile.user(value, body)
        }

        private mutating func takeExpiresIn(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            // A tenant's own maximum is checked where the tenant is known.
            let range = Tenant.shortestTokenLife...Tenant.longestTokenLife
            guard value.kind == .number, let seconds = JSONText.integer(body, value.range),
                range.contains(Int(clamping: seconds))
            else {
                return refuse(
                    "expiresIn", "must be an integer from \(range.lowerBound) to \(range.upperBound) (seconds)")
            }
            expiresIn = Int(seconds)
        }

        private mutating func takeRefresh(_ value: JSONScanner.Value) {
            switch value.kind {
            case .true: refresh = true
            case .false: refresh = false
            default: refuse("refresh", "must be true or false")
            }
        }

        private mutating func takeLabel(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            guard value.kind == .string, let given = Label(value.text(in: body)) else {
                return refuse("label", "must be a string of 1 to \(Label.longest) bytes without control characters")
            }
            label = given
        }

        private mutating func takeChannels(_ value: JSONScanner.Value, _ body: Span<UInt8>) {
            guard value.kind == .array else { return refuse("channels", "must be an array of strings") }
            var elements = JSONElements(of: value)
            var count = 0
            while let element = elements.next(body) {
                let isAcceptable =
                    element.kind == .string && !element.hasControlCharacters
                    && (1...channelBytes).contains(element.text(in: body).utf8.count)
                if !isAcceptable {
                    let rule = "must be a string of 1 to \(channelBytes) bytes without control characters"
                    return refuse("channels[\(count)]", rule)
                }
                count += 1
            }
            guard count <= channelCount else { return refuse("channels", "must have at most \(channelCount) elements") }
            channels = Self.written(value, body)
        }

        /// An array of strings as it stands in tokens, without the escapes it came with: gateways refuse `\/`.
        private static func written(_ strings: JSONScanner.Value, _ body: Span<UInt8>) -> [UInt8] {
            var text: [UInt8] = []
            guard strings.hasEscapes else {
                JSONText.appendCompact(body, strings, to: &text)
                return text
            }
            var elements = JSONElements(of: strings)
            while let element = elements.next(body) {
                text.append(text: text.isEmpty ? "[" : ",")
                text.append(json: element.text(in: body))
            }
            text.append(text: "]")
            return text
        }
    }
}
