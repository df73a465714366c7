import type { ServerResponse } from "node:http"
import { sendText } from "./answer.ts"
import { type KubeletRequest, needPod } from "./context.ts"
import { containerIn } from "./streaming/prepare.ts"

/** Runs a command to its end and answers with what it printed. The command is split at spaces, as it always was. */
export async function serveRun(request: KubeletRequest, response: ServerResponse): Promise<void> {
  const pod = needPod(request, "pod does not exist")
  const name = request.parts.at(-1) ?? ""
  const { id } = containerIn(request, pod, `container not found ("${name}")`)
  const command = (request.query.get("cmd") ?? "").split(" ")
  const { stdout, stderr, exitCode } = await request.runtime.execSync(id, command, 0)
  if (exitCode !== 0) {
    throw new Error(`command '${command.join(" ")}' exited with ${exitCode}: ${Buffer.from(stderr).toString("utf8")}`)
  }
  sendText(response, 200, Buffer.concat([stdout, stderr]).toString("utf8"), "application/json")
}
