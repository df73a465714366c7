import { SystemError } from "../system-error.ts"
import { linkGroup, linkHeader, linkName, RTM_DELLINK, RTM_SETLINK } from "./link.ts"
import { NETLINK_ROUTE, openNetlinkSocket } from "./socket.ts"

/** The group of interfaces that are to go, a number that nobody gives by hand: "gant". */
const GROUP_TO_DELETE = 0x67616e74
/** What fits into a socket's buffer if each of them fails. */
const AT_ONCE_MAX = 64
const ENODEV = 19

/**
 * Deletes interfaces without holding up this thread; resolves when they are gone. Those that are not there are fine.
 *
 * When an interface goes the kernel waits until no processor can still be looking at it, 10 to 30 ms on a busy machine.
 * For a group of them it waits once, so they are put into a group first.
 */
export async function deleteLinks(names: readonly string[], netns?: string): Promise<void> {
  if (names.length === 0) return
  const socket = openNetlinkSocket(NETLINK_ROUTE, netns)
  try {
    for (let at = 0; at < names.length; at += AT_ONCE_MAX) {
      const some = names.slice(at, at + AT_ONCE_MAX)
      const mark = (name: string) => ({
        type: RTM_SETLINK,
        parts: [linkHeader(0), linkGroup(GROUP_TO_DELETE), linkName(name)],
      })
      const deletion = { type: RTM_DELLINK, parts: [linkHeader(0), linkGroup(GROUP_TO_DELETE)] }
      const what = `delete ${some.length} interfaces`
      const failures = await socket.requestAll([...some.map(mark), deletion], what)
      const failure = failures.find((errno) => errno !== ENODEV)
      if (failure !== undefined) throw new SystemError("netlink", failure, what)
    }
  } finally {
    socket.close()
  }
}
