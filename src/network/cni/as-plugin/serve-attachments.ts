import { chmodSync, mkdirSync, rmSync } from "node:fs"
import { createServer, type Socket } from "node:net"
import { dirname } from "node:path"
import { hostCidr } from "../../../machinery/net/cidr.ts"
import { messageOf } from "../../../machinery/status/message-of.ts"
import type { Logger } from "../../../platform/log.ts"
import type { PodNetwork, PodNetworkRequest } from "../../../runtime/pod-network.ts"
import type { PortMapping } from "../../../runtime/sandbox.ts"
import {
  type AttachmentAnswer,
  type AttachmentQuestion,
  CNI_VERSION,
  CODE_OWN,
  CODE_UNAVAILABLE,
  type PluginPortMapping,
} from "./attachments.ts"

/** What CNI does not tell about a pod. */
export interface PodFacts {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface AttachmentServer {
  close(): void
}

/**
 * Lets a runtime that calls CNI plugins have our pod network. Resolves when it listens; only root may ask. The caller
 * closes it.
 */
export async function serveAttachments(options: {
  readonly socketPath: string
  readonly network: PodNetwork
  readonly factsOf: (podUid: string) => PodFacts | undefined
  readonly log: Logger
}): Promise<AttachmentServer> {
  const { log, socketPath } = options
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 })
  // Left by an agent that was killed.
  rmSync(socketPath, { force: true })
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.on("error", (error) => log.debug("a CNI call broke off", { error }))
    const chunks: Buffer[] = []
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    // Not read to its end as an iterable: that would close the way back.
    socket.once("end", () => {
      const reply = async () => socket.end(JSON.stringify(await answer(parse(Buffer.concat(chunks)), options)))
      reply().catch((error: unknown) => {
        log.warn("a CNI call was not understood", { error })
        socket.destroy()
      })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(socketPath, resolve)
  })
  chmodSync(socketPath, 0o600)
  return {
    close() {
      server.close()
      rmSync(socketPath, { force: true })
    },
  }
}

const parse = (bytes: Buffer): AttachmentQuestion => JSON.parse(bytes.toString("utf8")) as AttachmentQuestion

type Options = Pick<Parameters<typeof serveAttachments>[0], "factsOf" | "log" | "network">

async function answer(question: AttachmentQuestion, options: Options): Promise<AttachmentAnswer> {
  const { factsOf, log, network } = options
  const { command, interfaceName, netns } = question
  try {
    switch (command) {
      case "ADD": {
        const { ips } = await network.setUp(requestOf(question, factsOf))
        return { result: resultOf(ips, interfaceName, netns) }
      }
      case "DEL":
        await network.tearDown(requestOf(question, factsOf))
        return {}
      case "STATUS": {
        const { message, ready } = await network.status()
        return ready ? {} : { failed: { code: CODE_UNAVAILABLE, msg: message } }
      }
      // The node looks after its network itself: what somebody changed is repaired, what is left over is removed.
      case "CHECK":
      case "GC":
        return {}
      default:
        return { failed: { code: CODE_OWN, msg: `found the command "${command}", expected one of CNI's` } }
    }
  } catch (error) {
    log.warn("a pod was not wired", { command, error })
    return { failed: { code: CODE_OWN, msg: messageOf(error) } }
  }
}

function requestOf(question: AttachmentQuestion, factsOf: Options["factsOf"]): PodNetworkRequest {
  const { args, config, containerId, interfaceName, netns } = question
  const given = new Map(
    args.split(";").map((pair) => {
      const equals = pair.indexOf("=")
      return [pair.slice(0, equals), pair.slice(equals + 1)] as const
    }),
  )
  const podUid = given.get("K8S_POD_UID") ?? ""
  const { annotations, labels } = factsOf(podUid) ?? { labels: {}, annotations: {} }
  return {
    sandboxId: containerId,
    netnsPath: netns,
    interfaceName,
    namespace: given.get("K8S_POD_NAMESPACE") ?? "",
    name: given.get("K8S_POD_NAME") ?? "",
    podUid,
    labels,
    portMappings: (config.runtimeConfig?.portMappings ?? []).map(mappingOf),
    annotations,
  }
}

/** Plugins in Go take names of fields in any case, and containerd leaves it at that. */
function mappingOf(given: PluginPortMapping): PortMapping {
  const fields = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))
  const upper = String(fields.get("protocol") ?? "TCP").toUpperCase()
  return {
    protocol: upper === "UDP" || upper === "SCTP" ? upper : "TCP",
    containerPort: Number(fields.get("containerport") ?? 0),
    hostPort: Number(fields.get("hostport") ?? 0),
    hostIp: String(fields.get("hostip") ?? ""),
  }
}

function resultOf(ips: readonly string[], name: string, sandbox: string): object {
  return {
    cniVersion: CNI_VERSION,
    interfaces: [{ name, sandbox }],
    ips: ips.map((ip) => ({ address: hostCidr(ip), interface: 0 })),
  }
}
