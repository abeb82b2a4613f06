internal import CLibPQ
internal import Domain

/// The rows that one statement gave, in binary format; freed with its owner.
@safe
struct Answer: ~Copyable {
    private let result: OpaquePointer

    /// Takes over `result`.
    init(owning result: OpaquePointer) {
        unsafe self.result = result
    }

    deinit { unsafe PQclear(result) }

    /// How many rows there are.
    var count: Int { Int(unsafe PQntuples(result)) }

    /// How many rows the statement wrote.
    var changed: Int {
        guard let text = unsafe PQcmdTuples(result) else { return 0 }
        return unsafe Int(String(cString: text)) ?? 0
    }

    /// The outcome as libpq classifies it.
    var status: ExecStatusType { unsafe PQresultStatus(result) }

    /// What the server says went wrong; for an answer that is an error.
    var report: ErrorReport {
        let names = [field(UInt8(ascii: "t")), field(UInt8(ascii: "c")), field(UInt8(ascii: "n"))]
        return ErrorReport(
            state: field(UInt8(ascii: "C")) ?? "", message: field(UInt8(ascii: "M")) ?? "the connection was lost",
            names: names.compactMap(\.self))
    }

    private func field(_ code: UInt8) -> String? {
        unsafe PQresultErrorField(result, Int32(code)).map { unsafe String(cString: $0) }
    }

    /// Reads every row, in order.
    func rows<Element>(_ read: (borrowing Row) throws(StoreFailure) -> Element) throws(StoreFailure) -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for index in 0..<count { elements.append(try read(unsafe Row(result: result, index: Int32(index)))) }
        return elements
    }

    /// Reads the row of an answer that has one at most.
    func row<Element>(_ read: (borrowing Row) throws(StoreFailure) -> Element) throws(StoreFailure) -> Element? {
        try rows(read).first
    }
}

/// A row while its ``Answer`` lives; a value that breaks its rules is reported, never trusted.
@safe
struct Row: ~Copyable {
    private let result: OpaquePointer
    private let index: Int32

    fileprivate init(result: OpaquePointer, index: Int32) {
        unsafe self.result = result
        self.index = index
    }

    func isNull(_ column: Int) -> Bool {
        unsafe PQgetisnull(result, index, Int32(column)) == 1
    }

    /// The column's bytes.
    func bytes(_ column: Int) throws(StoreFailure) -> [UInt8] {
        guard !isNull(column), let value = unsafe PQgetvalue(result, index, Int32(column)) else {
            throw .corrupt(cause: "column \(name(column)) holds what it must not")
        }
        let length = Int(unsafe PQgetlength(result, index, Int32(column)))
        return unsafe Array(UnsafeRawBufferPointer(start: value, count: length))
    }

    /// The column's text.
    func text(_ column: Int) throws(StoreFailure) -> String {
        let text = String(decoding: try bytes(column), as: UTF8.self)
        return text.unicodeScalars.contains("\u{FFFF}") ? Row.unescaped(text) : text
    }

    /// The column's number, whatever its width.
    func number(_ column: Int) throws(StoreFailure) -> Int64 {
        let bytes = try bytes(column)
        guard bytes.count == 8 else { throw .corrupt(cause: "column \(name(column)) is not a bigint") }
        return bytes.reduce(0) { $0 << 8 | Int64($1) }
    }

    /// The column's array of numbers, without NULLs, in the format of `array_send`.
    func numbers(_ column: Int) throws(StoreFailure) -> [Int64] {
        let bytes = try bytes(column)
        // Dimensions, flags, type; then length and lower bound; each number with its own length.
        guard bytes.count > 20 else { return [] }
        return stride(from: 24, to: bytes.count, by: 12).map { start in
            bytes[start..<min(start + 8, bytes.count)].reduce(0) { $0 << 8 | Int64($1) }
        }
    }

    /// The column's truth.
    func flag(_ column: Int) throws(StoreFailure) -> Bool { try bytes(column) == [1] }

    /// The column's text as a value with rules of its own.
    func checked<Value>(_ column: Int, _ make: (String) -> Value?) throws(StoreFailure) -> Value {
        guard let value = make(try text(column)) else {
            throw .corrupt(cause: "column \(name(column)) breaks its rules")
        }
        return value
    }

    /// The column's name.
    func name(_ column: Int) -> String {
        unsafe PQfname(result, Int32(column)).map { unsafe String(cString: $0) } ?? "\(column)"
    }

    /// Undoes what ``Parameters`` does to texts with U+0000.
    private static func unescaped(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                scalars.append(scalar == "0" ? "\0" : "\u{FFFF}")
                isEscaped = false
            } else if scalar == "\u{FFFF}" {
                isEscaped = true
            } else {
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }
}
