import { connect, type Socket } from "node:net"
import { decodeMessage, encodeMessage, type Message, messageBytes, type Value } from "./message.ts"

/** An answer that is an error. `errorName` such as `org.freedesktop.DBus.Error.ServiceUnknown`. */
export class DBusError extends Error {
  override readonly name = "DBusError"
  readonly errorName: string

  constructor(errorName: string, message: string) {
    super(message)
    this.errorName = errorName
  }
}

export interface DBusCall {
  readonly destination: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly signature?: string
  readonly body?: readonly Value[]
}

export interface DBusConnection {
  /** What was answered. Rejects with `DBusError`, or when the connection ends. */
  call(call: DBusCall): Promise<readonly Value[]>
  /** Sends what expects no answer. */
  send(message: Omit<Message, "serial">): void
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>
  close(): void
}

const BUS = "org.freedesktop.DBus"
const toBus = { destination: BUS, path: "/org/freedesktop/DBus", interface: BUS } as const

export const callBus = (member: string, signature = "", body: readonly Value[] = []): DBusCall => ({
  ...toBus,
  member,
  signature,
  body,
})

/** The machine's bus, unless the environment names another. */
export const systemBusAddress = (env: NodeJS.ProcessEnv): string =>
  env["DBUS_SYSTEM_BUS_ADDRESS"] ?? "unix:path=/run/dbus/system_bus_socket"

/** Connects to a bus and says hello. `onMessage`: signals, and calls from others. Rejects when there is no bus. */
export async function connectDBus(address: string, onMessage: (message: Message) => void): Promise<DBusConnection> {
  const socket = connect(pathOf(address))
  const waiting = new Map<number, PromiseWithResolvers<readonly Value[]>>()
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()))
  let serial = 0
  await authenticate(socket)
  const end = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  socket.on("error", end)
  socket.once("close", () => end(hasEnded()))
  readMessages(socket, (message) => {
    const asked = message.replySerial === undefined ? undefined : waiting.get(message.replySerial)
    if (message.replySerial === undefined || asked === undefined) return onMessage(message)
    waiting.delete(message.replySerial)
    if (message.type === "reply") return asked.resolve(message.body)
    asked.reject(new DBusError(message.errorName ?? "", String(message.body[0] ?? message.errorName)))
  })
  const connection: DBusConnection = {
    call({ body = [], signature = "", ...call }) {
      if (socket.destroyed) return Promise.reject(hasEnded())
      const answer = Promise.withResolvers<readonly Value[]>()
      waiting.set(++serial, answer)
      socket.write(encodeMessage({ type: "call", ...call, signature, body }, serial))
      return answer.promise
    },
    send: (message) => void socket.write(encodeMessage(message, ++serial)),
    closed,
    close: () => socket.destroy(),
  }
  await connection.call(callBus("Hello"))
  return connection
}

const hasEnded = (): Error => new Error("the connection to D-Bus has ended")

function pathOf(address: string): string {
  for (const each of address.split(";")) {
    const [, kind, value = ""] = /^unix:(path|abstract)=([^,]*)/.exec(each) ?? []
    if (kind !== undefined) return kind === "abstract" ? `\0${decodeURIComponent(value)}` : decodeURIComponent(value)
  }
  throw new Error(`D-Bus address: found ${address}, expected unix:path=…`)
}

/** As the user that this process runs as, which the kernel tells the bus. */
function authenticate(socket: Socket): Promise<void> {
  const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString("hex")
  return new Promise((resolve, reject) => {
    const refused = () => reject(new Error("D-Bus closed the connection"))
    socket.once("error", reject)
    socket.once("close", refused)
    socket.write(`\0AUTH EXTERNAL ${uid}\r\n`)
    socket.once("data", (data: Buffer) => {
      socket.off("close", refused).off("error", reject)
      const line = data.toString()
      if (!line.startsWith("OK ")) {
        socket.destroy()
        return reject(new Error(`D-Bus refused to authenticate this process: ${line.trim()}`))
      }
      socket.write("BEGIN\r\n")
      resolve()
    })
  })
}

function readMessages(socket: Socket, onMessage: (message: Message) => void): void {
  let held = Buffer.alloc(0)
  socket.on("data", (data: Buffer) => {
    held = Buffer.concat([held, data])
    for (let bytes = messageBytes(held); bytes !== undefined && held.length >= bytes; bytes = messageBytes(held)) {
      onMessage(decodeMessage(held.subarray(0, bytes)))
      held = held.subarray(bytes)
    }
  })
}
