internal import Domain
internal import Foundation
internal import Tokens

/// What was typed for `token mint`, under the rules of a `POST /tokens` body.
struct MintRequest {
    let user: String
    let name: String?
    let image: String?
    let custom: String?
    let expiresIn: Int?
    let channels: [String]

    /// The request, or every complaint at once.
    func checked() throws(ManagementFailure) -> IssueRequest {
        var complaints: [Failure.Field] = []
        func check(_ isFine: Bool, _ field: String, _ detail: String) {
            if !isFine { complaints.append(Failure.Field(field, detail)) }
        }
        let id = User.ID(user)
        let metadata = custom.flatMap(Self.compact)
        check(id != nil, "user", "must be 1 to \(User.ID.longest) bytes without control characters")
        check(name.map(Self.isName) ?? true, "name", "must be at most 255 characters without control characters")
        check(
            image.map(Self.isImage) ?? true, "image", "must be an absolute http or https URL of at most 2048 characters"
        )
        check(
            custom == nil || metadata != nil, "custom", "must be a JSON object of at most 5120 bytes and 16 levels")
        check(
            channels.count <= 64 && channels.allSatisfy(Self.isChannel), "channel",
            "must be at most 64 names of 1 to 255 bytes without control characters")
        guard complaints.isEmpty, let id else { throw .invalid(complaints) }
        let change = UserChange(
            id: id, name: name.map { .set($0) } ?? .keep, image: image.map { .set($0) } ?? .keep,
            custom: metadata.map { .set($0) } ?? .keep)
        let list = channels.isEmpty ? nil : JSON(channels.map { JSON($0) }).compactBytes()
        return IssueRequest(change: change, expiresIn: expiresIn, channels: list)
    }

    private static func isName(_ text: String) -> Bool {
        text.unicodeScalars.count <= 255 && !text.unicodeScalars.contains(where: \.isControl)
    }

    private static func isChannel(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && !text.unicodeScalars.contains(where: \.isControl)
    }

    private static func isImage(_ text: String) -> Bool {
        guard text.utf8.count <= 2_048, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let parts = URLComponents(string: text), let host = parts.host
        else { return false }
        return !host.isEmpty && ["http", "https"].contains(parts.scheme?.lowercased() ?? "")
    }

    private static func compact(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        var scanner = JSONScanner()
        guard let value = try? scanner.scanValue(bytes.span, maximumDepth: 16), value.kind == .object else {
            return nil
        }
        var compact: [UInt8] = []
        JSONText.appendCompact(bytes.span, value, to: &compact)
        return compact.count <= 5_120 ? compact : nil
    }
}
