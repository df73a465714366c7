import type { UserInfo } from "../call.ts"

/** Everybody who is somebody belongs to it. */
const AUTHENTICATED = "system:authenticated"
const UNAUTHENTICATED = "system:unauthenticated"

/** The user as a member of `system:authenticated`, unless it says of itself that it is not. */
export function withAuthenticated(user: UserInfo): UserInfo {
  const { name, groups } = user
  const isKnown = groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED)
  return isKnown || name === "system:anonymous" ? user : { ...user, groups: [...groups, AUTHENTICATED] }
}
