internal import CHiredis

/// One answer of Redis.
enum RedisReply: Sendable, Equatable {
    case integer(Int64)
    case text(String)
    case list([RedisReply])
    case null
    case error(String)

    /// Copies what hiredis has read.
    @safe
    init(copying reply: UnsafePointer<redisReply>) {
        switch unsafe reply.pointee.type {
        case REDIS_REPLY_INTEGER: self = unsafe .integer(reply.pointee.integer)
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = unsafe .text(Self.text(reply))
        case REDIS_REPLY_ERROR: self = unsafe .error(Self.text(reply))
        case REDIS_REPLY_ARRAY: self = unsafe .list(Self.elements(reply))
        default: self = .null
        }
    }

    private static func text(_ reply: UnsafePointer<redisReply>) -> String {
        let bytes = unsafe UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    private static func elements(_ reply: UnsafePointer<redisReply>) -> [RedisReply] {
        guard let elements = unsafe reply.pointee.element else { return [] }
        return unsafe (0..<reply.pointee.elements).map { index in
            unsafe elements[index].map { RedisReply(copying: $0) } ?? .null
        }
    }

    var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    var text: String? { if case .text(let value) = self { value } else { nil } }
    var list: [RedisReply]? { if case .list(let value) = self { value } else { nil } }
}
