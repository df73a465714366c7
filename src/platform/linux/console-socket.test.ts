import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { test } from "node:test"
import { openConsoleSocket } from "./console-socket.ts"
import { openTerminal } from "./pty.ts"

/** Sends the user end of a new terminal to a socket, then prints to the program's end. */
const sender = `
import array, os, pty, socket, sys
user, program = pty.openpty()
connection = socket.socket(socket.AF_UNIX)
os.chdir(sys.argv[1])
connection.connect("console")
connection.sendmsg([b"name"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [user]))])
os.write(program, b"hello")
`

test("a terminal arrives with what was printed to it, also after its sender has ended", async (t) => {
  // Longer than a socket's address may be.
  const folder = mkdtempSync(join(tmpdir(), `gantry-${"long-".repeat(20)}`))
  const socket = openConsoleSocket(join(folder, "console"))
  t.after(() => {
    socket.close()
    rmSync(folder, { recursive: true })
  })
  assert.equal(socket.receive(), null)
  const child = spawn("python3", ["-c", sender, folder], { stdio: ["ignore", "ignore", "inherit"] })
  assert.equal(await new Promise((resolve) => child.once("close", resolve)), 0)
  const fd = socket.receive()
  assert(fd !== null)
  const terminal = openTerminal(fd)
  assert.equal(await text(terminal.output), "hello")
  assert(!terminal.pending())
  terminal.close()
})
