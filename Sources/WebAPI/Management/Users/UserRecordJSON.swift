internal import Domain
internal import Tokens

/// A user as management shows one, with `custom` as it is stored, byte for byte.
enum UserRecordJSON {
    static func append(_ record: UserRecord, to out: inout [UInt8]) {
        UserJSON.append(record.user, to: &out)
        out.removeLast()
        out.append(string: ",\"status\":\"\(record.status.rawValue)\",\"createdAt\":\"")
        record.createdAt.appendRFC3339(to: &out)
        out.append(text: "\",\"updatedAt\":\"")
        record.updatedAt.appendRFC3339(to: &out)
        out.append(text: "\",\"deactivatedAt\":")
        if let moment = record.deactivatedAt {
            out.append(text: "\"")
            moment.appendRFC3339(to: &out)
            out.append(text: "\"}")
        } else {
            out.append(text: "null}")
        }
    }
}

extension HotResponse {
    /// One user, for nobody to keep.
    init(_ record: UserRecord, status: Int = 200) {
        self.init(status: status)
        fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        UserRecordJSON.append(record, to: &body)
    }

    /// A page of users.
    init(_ page: ManageUsers.Page) {
        self.init(status: 200)
        fields.append(text: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
        body.append(text: "{\"users\":[")
        for (index, record) in page.users.enumerated() {
            if index > 0 { body.append(text: ",") }
            UserRecordJSON.append(record, to: &body)
        }
        body.append(text: "],\"nextCursor\":")
        // Text of its own kind, so that nobody takes it for an identifier.
        let cursor = page.next.map { "\"\(Base64URL.encode(Array($0.text.utf8)))\"" }
        body.append(string: (cursor ?? "null") + "}")
    }
}
