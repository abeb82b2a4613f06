internal import Domain
internal import Foundation
internal import GRDB
internal import Tokens

extension [UInt8] {
    /// The bytes as they are stored.
    var stored: Data { Data(self) }
}

extension Row {
    /// The column's value; a row that breaks its own schema is reported, never trusted.
    func required<Value: DatabaseValueConvertible>(_ column: String) throws(StoreFailure) -> Value {
        let stored: DatabaseValue = self[column]
        guard let value = Value.fromDatabaseValue(stored) else {
            throw .corrupt(cause: "column \(column) holds what it must not")
        }
        return value
    }

    /// The column's value, or nil where it is NULL.
    func optional<Value: DatabaseValueConvertible>(_ column: String) throws(StoreFailure) -> Value? {
        let stored: DatabaseValue = self[column]
        return stored.isNull ? nil : try required(column)
    }

    /// The column's bytes.
    func bytes(_ column: String) throws(StoreFailure) -> [UInt8] {
        let data: Data = try required(column)
        return Array(data)
    }

    /// The column's 32 bytes as a SHA-256.
    func digest(_ column: String) throws(StoreFailure) -> Digest {
        let bytes = try bytes(column)
        guard let digest = Digest(bytes.span) else {
            throw .corrupt(cause: "column \(column) breaks its rules")
        }
        return digest
    }

    /// The column's moment.
    func moment(_ column: String) throws(StoreFailure) -> Timestamp {
        Timestamp(milliseconds: try required(column))
    }

    /// The column's value read as one of an enumeration's names.
    func named<Value: RawRepresentable<String>>(_ column: String) throws(StoreFailure) -> Value {
        try checked(column, Value.init(rawValue:))
    }

    /// The column's text as a value with rules of its own.
    func checked<Value>(_ column: String, _ make: (String) -> Value?) throws(StoreFailure) -> Value {
        guard let value = make(try required(column)) else {
            throw .corrupt(cause: "column \(column) breaks its rules")
        }
        return value
    }
}
