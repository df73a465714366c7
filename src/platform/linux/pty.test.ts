import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { closeSync, constants, openSync } from "node:fs"
import { text } from "node:stream/consumers"
import { test } from "node:test"
import { openPty, resizeTerminalAt } from "./pty.ts"

test("a program at the terminal sees its size, and its output ends with it", async () => {
  const pty = openPty()
  const end = openSync(pty.path, constants.O_RDWR | constants.O_NOCTTY)
  pty.resize(90, 20)
  assert(resizeTerminalAt(`/proc/self/fd/${end}`, 91, 21))
  const child = spawn("stty", ["size"], { stdio: [end, end, end] })
  closeSync(end)
  assert.equal(await text(pty.output), "21 91\r\n")
  assert.notEqual(child.pid, undefined)
  pty.close()
  pty.close()
})

test("what is no terminal cannot be resized", () => {
  assert.equal(resizeTerminalAt("/dev/null", 1, 1), false)
  assert.equal(resizeTerminalAt("/proc/self/fd/999999", 1, 1), false)
})
