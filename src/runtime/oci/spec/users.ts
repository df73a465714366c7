import { RuntimeError } from "../../errors.ts"
import type { OciUser } from "./types.ts"

export interface UserRequest {
  readonly runAsUser?: number
  readonly runAsUsername?: string
  readonly runAsGroup?: number
  readonly supplementalGroups: readonly number[]
  /** Default Merge: the groups that the image's /etc/group gives the user are added. */
  readonly supplementalGroupsPolicy?: "Merge" | "Strict"
  /** `USER` of the image: `name`, `uid`, with or without `:group` or `:gid`. Empty: root. */
  readonly imageUser: string
  /** Content of the image's /etc/passwd and /etc/group; empty when they are missing. */
  readonly passwd: string
  readonly group: string
}

interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

interface GroupEntry {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/**
 * The numbers a container's first process runs with. Throws UserUnresolved when a name is not in the image's databases.
 * A number needs no entry; its group is then 0.
 */
export function resolveUser(request: UserRequest): OciUser {
  const users = parsePasswd(request.passwd)
  const groups = parseGroup(request.group)
  const [userPart, groupPart] = chosenUser(request)
  const user = findUser(userPart, users)
  const gid = request.runAsGroup ?? (groupPart === undefined ? user.gid : findGroup(groupPart, groups))
  const fromImage = groups.filter(({ members }) => user.name !== undefined && members.includes(user.name))
  const merged = request.supplementalGroupsPolicy === "Strict" ? [] : fromImage.map((group) => group.gid)
  return { uid: user.uid, gid, additionalGids: [...new Set([gid, ...merged, ...request.supplementalGroups])] }
}

function chosenUser(request: UserRequest): [user: string, group: string | undefined] {
  if (request.runAsUser !== undefined) return [String(request.runAsUser), undefined]
  if (request.runAsUsername !== undefined && request.runAsUsername !== "") return [request.runAsUsername, undefined]
  if (request.runAsGroup !== undefined && request.imageUser === "") return ["0", undefined]
  const [user = "", group] = request.imageUser.split(":", 2)
  return [user === "" ? "0" : user, group === "" ? undefined : group]
}

function findUser(text: string, users: readonly PasswdEntry[]): { uid: number; gid: number; name: string | undefined } {
  // A name wins over a number: an image may call a user "1000".
  const byName = users.find(({ name }) => name === text)
  if (byName !== undefined) return byName
  const uid = parseId(text)
  if (uid === null) {
    throw new RuntimeError("UserUnresolved", `unable to find user ${text}: no matching entries in passwd file`)
  }
  const byNumber = users.find((user) => user.uid === uid)
  return { uid, gid: byNumber?.gid ?? 0, name: byNumber?.name }
}

function findGroup(text: string, groups: readonly GroupEntry[]): number {
  const gid = groups.find(({ name }) => name === text)?.gid ?? parseId(text)
  if (gid !== null) return gid
  throw new RuntimeError("UserUnresolved", `unable to find group ${text}: no matching entries in group file`)
}

function parsePasswd(text: string): PasswdEntry[] {
  return lines(text).flatMap(([name = "", , uid = "", gid = ""]) => {
    const numbers = [parseId(uid), parseId(gid)] as const
    return name === "" || numbers[0] === null ? [] : [{ name, uid: numbers[0], gid: numbers[1] ?? 0 }]
  })
}

function parseGroup(text: string): GroupEntry[] {
  return lines(text).flatMap(([name = "", , gid = "", members = ""]) => {
    const number = parseId(gid)
    return name === "" || number === null ? [] : [{ name, gid: number, members: members.split(",") }]
  })
}

function lines(text: string): string[][] {
  return text.split("\n").flatMap((line) => (line === "" || line.startsWith("#") ? [] : [line.trim().split(":")]))
}

const ID_MAX = 2 ** 31 - 1

function parseId(text: string): number | null {
  if (!/^\d{1,10}$/.test(text)) return null
  const id = Number(text)
  return id > ID_MAX ? null : id
}
