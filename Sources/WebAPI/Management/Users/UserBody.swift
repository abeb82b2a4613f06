internal import Domain
internal import NIOCore
internal import Tokens

/// Reads the bodies by which users are changed; nothing of `custom` passes through numbers.
enum UserBody {
    /// The most bytes of a body about one user, and about a batch of them.
    static let limit = 16 * 1_024, batchLimit = 1_024 * 1_024

    /// The whole profile of `PUT /users/{userId}`: what is not said is cleared.
    static func profile(_ body: ByteBuffer, of id: User.ID) throws(Failure) -> UserChange {
        let fields = try fields(body.readableBytesUInt8Span)
        return UserChange(
            id: id, name: fields.name.orClear, image: fields.image.orClear, custom: fields.custom.orClear)
    }

    /// The merge patch of `PATCH /users/{userId}`.
    static func patch(_ body: ByteBuffer) throws(Failure) -> UserPatch {
        let fields = try fields(body.readableBytesUInt8Span, isPatch: true)
        return UserPatch(name: fields.name, image: fields.image, custom: fields.custom)
    }

    /// An entry of a batch: what becomes of a user, or why nothing does.
    typealias Entry = Result<UserChange, Failure>

    /// The entries of `POST /users/batch`, 1 to 100 of them.
    static func batch(_ body: ByteBuffer) throws(Failure) -> [Entry] {
        let bytes = body.readableBytesUInt8Span
        var scanner = JSONScanner()
        try scanner.scanBody(bytes)
        let strangers = scanner.members.map { $0.name(in: bytes) }.filter { $0 != "users" }
        guard strangers.isEmpty else {
            throw .invalidRequest(
                Failure.unacceptable, strangers.prefix(20).map { Failure.Field($0, "is not a known member") })
        }
        guard let users = scanner.members.first?.value else {
            throw ManagedCall.unacceptable("users", "is required")
        }
        guard users.kind == .array else { throw ManagedCall.unacceptable("users", "must be an array") }
        var elements = JSONElements(of: users)
        var entries: [Entry] = []
        while let element = elements.next(bytes) {
            guard entries.count < ManageUsers.most else {
                throw ManagedCall.unacceptable("users", "must have 1 to \(ManageUsers.most) elements")
            }
            entries.append(entry(bytes.extracting(element.range)))
        }
        guard !entries.isEmpty else {
            throw ManagedCall.unacceptable("users", "must have 1 to \(ManageUsers.most) elements")
        }
        return entries
    }

    private static func entry(_ text: Span<UInt8>) -> Entry {
        do throws(Failure) {
            var user: User.ID?
            let fields = try fields(text, user: &user)
            guard let user else { throw ManagedCall.unacceptable("userId", "is required") }
            return .success(UserChange(id: user, name: fields.name, image: fields.image, custom: fields.custom))
        } catch {
            return .failure(error)
        }
    }

    private static func fields(_ text: Span<UInt8>, isPatch: Bool = false) throws(Failure) -> ProfileFields {
        var nobody: User.ID?
        return try fields(text, isPatch: isPatch, namesUser: false, user: &nobody)
    }

    private static func fields(
        _ text: Span<UInt8>, isPatch: Bool = false, namesUser: Bool = true, user: inout User.ID?
    ) throws(Failure) -> ProfileFields {
        var scanner = JSONScanner()
        try scanner.scanBody(text)
        var fields = ProfileFields()
        for member in scanner.members {
            let name = member.name(in: text)
            switch name {
            case "userId" where namesUser: user = fields.user(member.value, text)
            case "name": fields.takeName(member.value, text)
            case "image": fields.takeImage(member.value, text)
            case "custom": fields.takeCustom(member.value, text, isPatch: isPatch)
            default: fields.refuse(name, "is not a known member")
            }
        }
        guard fields.errors.isEmpty else { throw .invalidRequest(Failure.unacceptable, fields.errors) }
        return fields
    }
}

extension FieldChange {
    /// The change of a request that says all of a record: silence clears.
    fileprivate var orClear: FieldChange {
        if case .keep = self { .clear } else { self }
    }
}
