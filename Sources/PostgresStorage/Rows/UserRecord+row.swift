internal import Domain

extension UserRecord {
    static let columns = "user_id, name, image, custom, created_at, updated_at, deactivated_at"

    /// The record of a row of ``columns``.
    init(_ row: borrowing Row) throws(StoreFailure) {
        self.init(
            user: User(
                id: try row.checked(0, User.ID.init), name: try row.optionalText(1), image: try row.optionalText(2),
                custom: try row.optionalBytes(3)),
            createdAt: try row.moment(4), updatedAt: try row.moment(5),
            deactivatedAt: try row.optionalNumber(6).map(Timestamp.init(milliseconds:)))
    }
}
