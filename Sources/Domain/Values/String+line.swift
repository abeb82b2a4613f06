extension String {
    /// Whether it is at most so many characters, as Unicode and JSON Schema count them, none a control character.
    package func isLine(atMost longest: Int) -> Bool {
        unicodeScalars.count <= longest && !unicodeScalars.contains(where: \.isControl)
    }
}
