import type { Pod } from "../../api/core/v1/pod.ts"
import { openFile, openFlags, readRegular } from "../../platform/linux/open.ts"
import { hasCode } from "../../platform/linux/system-error.ts"
import type { ContainerStatus } from "../../runtime/runtime.ts"
import { messagePathAnnotation, messagePolicyAnnotation } from "../config/labels.ts"

/** What Kubernetes keeps of a message, and of a log in its place. */
const messageBytesMax = 4096
const logBytesMax = 2048
const logLinesMax = 80
/** What the containers of a pod share. */
const podBytesMax = 12 * 1024

/**
 * What an ended container wants to say: its termination message file, or the end of its log when the policy asks for
 * that and it failed. https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
 */
export function terminationMessage(status: ContainerStatus): string {
  const path = status.annotations[messagePathAnnotation] ?? ""
  const file = status.mounts.find(({ containerPath }) => path !== "" && containerPath === path)?.hostPath
  const own = file === undefined ? "" : readEnd(file, messageBytesMax)
  const policy = status.annotations[messagePolicyAnnotation]
  const fallsBack = own === "" && policy === "FallbackToLogsOnError" && status.exitCode !== 0
  const ran = status.reason !== "ContainerCannotRun" && status.reason !== "StartError"
  const said = fallsBack && ran ? logEnd(status.logPath) : own
  return [status.message, said].filter((text) => text !== "").join(": ")
}

/** Messages of ended containers are read once, while their files are there. By container id. */
export function noteMessages(
  messages: Map<string, string>,
  containers: readonly ContainerStatus[],
  { containers: regular, ephemeralContainers = [], initContainers = [] }: Pod["spec"],
): void {
  const bytesMax = Math.floor(podBytesMax / (regular.length + initContainers.length + ephemeralContainers.length))
  for (const status of containers) {
    if (status.state !== "EXITED" || messages.has(status.id)) continue
    messages.set(status.id, Buffer.from(terminationMessage(status)).subarray(0, bytesMax).toString())
  }
}

/** The last lines of a log in CRI format, without the times. */
function logEnd(path: string): string {
  // Each line carries about fifty bytes of its own before the text.
  const raw = readEnd(path, logBytesMax + logLinesMax * 64)
  const lines = raw.split("\n").filter((line) => line !== "")
  const texts = lines.slice(-logLinesMax).map((line) => /^\S+ (?:stdout|stderr) ([FP]) (.*)$/s.exec(line))
  const text = texts.map((match) => (match === null ? "" : `${match[2]}${match[1] === "F" ? "\n" : ""}`)).join("")
  return Buffer.from(text).subarray(-logBytesMax).toString()
}

function readEnd(path: string, bytesMax: number): string {
  try {
    return readRegular(openFile(path, openFlags.O_PATH), { from: "end", bytesMax })?.toString() ?? ""
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "EACCES")) return ""
    throw error
  }
}
