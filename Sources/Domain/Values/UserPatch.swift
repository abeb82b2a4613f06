internal import Tokens

/// What a merge patch (RFC 7396) changes of a user's profile.
package struct UserPatch: Sendable, Equatable {
    /// The name and the image: kept, cleared or replaced.
    package var name: FieldChange<String>, image: FieldChange<String>
    /// The custom metadata: kept, cleared, or merged with the patch that is given as a compact JSON object.
    package var custom: FieldChange<[UInt8]>

    /// A patch with the given fields.
    package init(
        name: FieldChange<String> = .keep, image: FieldChange<String> = .keep, custom: FieldChange<[UInt8]> = .keep
    ) {
        self.name = name
        self.image = image
        self.custom = custom
    }

    /// The user after the patch.
    ///
    /// - Parameter user: as stored.
    /// - Returns: the new profile.
    /// - Throws: `invalid` where the merged metadata would be too large; `corrupt` where the stored is no JSON.
    package func applied(to user: User) throws(ManagementFailure) -> User {
        var user = user
        user.name = name.applied(to: user.name)
        user.image = image.applied(to: user.image)
        guard case .set(let patch) = custom else {
            user.custom = custom.applied(to: user.custom)
            return user
        }
        do throws(JSONFailure) {
            user.custom = try JSONMergePatch.apply(patch, to: user.custom)
        } catch {
            throw .corrupt(cause: "custom metadata that cannot be merged: \(error.description)")
        }
        guard (user.custom?.count ?? 0) <= UserLimits.customBytes else {
            throw .invalid([Failure.Field("custom", UserLimits.customSizeRule)])
        }
        return user
    }
}
