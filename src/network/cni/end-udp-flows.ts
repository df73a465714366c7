import { familyOf } from "../../machinery/net/cidr.ts"
import { openConntrack } from "../../platform/linux/netlink/conntrack.ts"

/** https://www.iana.org/assignments/protocol-numbers */
const UDP = 17

/** Clients of a UDP host port that keep sending would otherwise be sent to the pod of the past. */
export function endUdpFlows(ip: string, netns: string | undefined): void {
  const conntrack = openConntrack(familyOf(ip), netns)
  try {
    for (const flow of conntrack.flows(UDP)) if (flow.reply.source === ip) conntrack.delete(flow)
  } finally {
    conntrack.close()
  }
}
