package import Tokens

extension JSON {
    /// Text, or null.
    package init(optional text: String?) {
        self = text.map { JSON($0) } ?? nil
    }

    /// A moment as RFC 3339, or null.
    package init(optional moment: Timestamp?) {
        self.init(optional: moment?.description)
    }

    /// A number, or null.
    package init(optional number: Int?) {
        self = number.map { JSON(Int64($0)) } ?? nil
    }
}
