/**
 * The program that a container runtime calls as a CNI plugin: it hands the call to the node's agent, which wires pods
 * the same way whoever runs them. It starts for each pod, so it loads nothing else.
 */
import { connect } from "node:net"
import { text } from "node:stream/consumers"
import { messageOf } from "../../machinery/status/message-of.ts"
import {
  type AttachmentAnswer,
  type AttachmentQuestion,
  CNI_VERSION,
  CODE_LATER,
} from "../../network/cni/as-plugin/attachments.ts"

const { CNI_ARGS = "", CNI_COMMAND = "", CNI_CONTAINERID = "", CNI_IFNAME = "", CNI_NETNS = "" } = process.env

async function main(): Promise<AttachmentAnswer> {
  const config = JSON.parse(await text(process.stdin)) as AttachmentQuestion["config"]
  if (CNI_COMMAND === "VERSION") {
    return { result: { cniVersion: CNI_VERSION, supportedVersions: ["0.4.0", CNI_VERSION, "1.1.0"] } }
  }
  const question: AttachmentQuestion = {
    command: CNI_COMMAND,
    containerId: CNI_CONTAINERID,
    netns: CNI_NETNS,
    interfaceName: CNI_IFNAME,
    args: CNI_ARGS,
    config,
  }
  const socket = connect(config.socket ?? "")
  socket.end(JSON.stringify(question))
  return JSON.parse(await text(socket)) as AttachmentAnswer
}

function failedBy(error: unknown): AttachmentAnswer {
  const why = messageOf(error)
  return { failed: { code: CODE_LATER, msg: `the node's agent does not answer: ${why}` } }
}

const answer = await main().catch(failedBy)
if ("failed" in answer) {
  console.log(JSON.stringify({ cniVersion: CNI_VERSION, ...answer.failed }))
  process.exitCode = 1
} else if (answer.result !== undefined) {
  console.log(JSON.stringify(answer.result))
}
