internal import Domain
internal import Foundation
internal import Tokens

/// The file that holds the master key, readable by its owner alone.
enum MasterKeyFile {
    static let mode: mode_t = 0o600

    /// Reads the key from where the settings say.
    static func load(_ source: MasterKeySource) throws(CommandFailure) -> MasterKey {
        let text: MasterKeyText
        switch source {
        case .inline(let given): text = given
        case .file(let path): text = try read(path)
        }
        do throws(TokenFailure) {
            return try MasterKey(text.bytes)
        } catch {
            throw CommandFailure("The master key cannot be used: \(error).")
        }
    }

    /// Makes a new key and writes it to a file that must not exist yet; whole, whatever happens meanwhile.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - model: a file whose owner the new one gets; nil: whoever runs this.
    ///   - world: the source of randomness.
    /// - Throws: what the system says.
    static func create(_ path: String, ownedLike model: String? = nil, world: World) throws(CommandFailure) {
        // Under another name first, of this process alone: half a key, or none, would lock the database for good.
        let draft = "\(path).partial-\(getpid())"
        _ = unsafe unlink(draft)
        defer { _ = unsafe unlink(draft) }
        let key = Data(world.randomBytes(MasterKey.byteCount)).base64EncodedString()
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("create", path) }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data("\(key)\n".utf8))
            try handle.synchronize()
        } catch {
            throw CommandFailure("The master key file \(path) cannot be written: \(error.localizedDescription)")
        }
        if let owner = model.flatMap(owner), owner != geteuid(), fchown(descriptor, owner, gid_t.max) != 0 {
            throw failure("hand on", path)
        }
        // link(2) fails where the name is taken; rename(2) would replace what is there.
        guard unsafe link(draft, path) == 0 else { throw failure("create", path) }
        // Makes the name durable too, where a folder can be opened for that.
        try? FileHandle(forReadingFrom: URL(filePath: path).deletingLastPathComponent()).synchronize()
    }

    private static func owner(_ path: String) -> uid_t? {
        (try? FileManager.default.attributesOfItem(atPath: path)[.ownerAccountID] as? NSNumber)?.uint32Value
    }

    /// Whether anybody but its owner may read the file; nil where there is no such file.
    static func isExposed(_ path: String) -> Bool? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let permissions = (attributes?[.posixPermissions] as? NSNumber)?.intValue else { return nil }
        return permissions & 0o077 != 0
    }

    private static func read(_ path: String) throws(CommandFailure) -> MasterKeyText {
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(
                "There is no master key file \(path). `chat-tokens init` makes one with a new database; for an existing "
                    + "database, say where its key is with --master-key-file or \(Setting.masterKey.variable).")
        }
        guard let content = FileManager.default.contents(atPath: path) else { throw failure("read", path) }
        guard let text = MasterKeyText(String(decoding: content, as: UTF8.self)) else {
            throw CommandFailure("The master key file \(path) does not hold \(MasterKeyText.rule).")
        }
        return text
    }

    private static func failure(_ verb: String, _ path: String) -> CommandFailure {
        CommandFailure("Cannot \(verb) the master key file \(path): \(SystemMessage.ofLastError()).")
    }
}

/// What the system says of its last error.
enum SystemMessage {
    static func ofLastError() -> String {
        unsafe String(cString: strerror(errno))
    }
}
