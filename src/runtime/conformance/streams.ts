import assert from "node:assert/strict"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { isRuntimeError } from "../runtime.ts"
import { code, conformanceCommands, conformancePort, conformancePrograms, type It } from "./fixture.ts"

const { copiesInput, echoesOnPort, endsWell, runs } = conformancePrograms
const withoutTerminal = { tty: false, stdin: true, stdout: true, stderr: true } as const

/** Commands in containers. */
export function testCommands(it: It): void {
  it("execSync returns both outputs and the exit code", async (fixture) => {
    const { id } = await fixture.started(runs)
    const { stdout, stderr, exitCode } = await fixture.runtime.execSync(id, conformanceCommands.speaks, 30_000)
    assert.deepEqual([String(stdout), String(stderr), exitCode], ["out\n", "err\n", 7])
  })

  it("execSync gives up when its time is up", async (fixture) => {
    const { id } = await fixture.started(runs)
    const call = fixture.runtime.execSync(id, conformanceCommands.hangs, 100)
    await assert.rejects(fixture.subject.settle(call), code("DeadlineExceeded"))
  })

  it("commands need a running container, and must exist", async (fixture) => {
    const { runtime } = fixture
    const { id } = await fixture.started(endsWell)
    await fixture.ended(id)
    const request = { ...withoutTerminal, cmd: conformanceCommands.speaks }
    await assert.rejects(runtime.execSync(id, conformanceCommands.speaks, 0), code("FailedPrecondition"))
    await assert.rejects(runtime.exec(id, request), code("FailedPrecondition"))
    await assert.rejects(runtime.attach(id, withoutTerminal), code("FailedPrecondition"))
    const running = await fixture.started(runs)
    await assert.rejects(runtime.execSync(running.id, conformanceCommands.cannotRun, 0), code("RuntimeFailure"))
    const { exited } = await runtime.exec(running.id, { ...request, cmd: conformanceCommands.cannotRun })
    await assert.rejects(exited, code("RuntimeFailure"))
  })

  it("exec gives the streams that were asked for, and the exit code", async (fixture) => {
    const { id } = await fixture.started(runs)
    const request = { cmd: conformanceCommands.speaks, tty: false, stdin: false, stdout: true, stderr: true }
    const { stdin, stdout, stderr, exited } = await fixture.runtime.exec(id, request)
    assert(stdin === null && stdout !== null && stderr !== null)
    assert.deepEqual(await Promise.all([text(stdout), text(stderr), exited]), ["out\n", "err\n", 7])
  })

  it("exec hands input over until it ends", async (fixture) => {
    const { id } = await fixture.started(runs)
    const request = { cmd: conformanceCommands.copiesInput, tty: false, stdin: true, stdout: true, stderr: false }
    const { stdin, stdout, stderr, exited } = await fixture.runtime.exec(id, request)
    assert(stdin !== null && stdout !== null && stderr === null)
    stdin.end("some input")
    assert.deepEqual(await Promise.all([text(stdout), exited]), ["some input", 0])
  })

  it("an exec'd command can be killed", async (fixture) => {
    const { id } = await fixture.started(runs)
    const request = { cmd: conformanceCommands.copiesInput, tty: false, stdin: true, stdout: true, stderr: false }
    const { stdin, stdout, exited, kill } = await fixture.runtime.exec(id, request)
    assert(stdin !== null && stdout !== null)
    stdin.write("it runs")
    await once(stdout, "data")
    kill()
    assert.equal(await exited, 137)
    assert.equal((await fixture.runtime.containerStatus(id)).state, "RUNNING")
  })
}

/** Streams to containers and pods. */
export function testStreams(it: It): void {
  it("attach joins the streams of the container, and leaving lets it run on", async (fixture) => {
    const { runtime } = fixture
    const { id } = await fixture.started(copiesInput, { stdin: true })
    for (const line of ["first", "second"]) {
      const { stdin, stdout, kill } = await runtime.attach(id, withoutTerminal)
      assert(stdin !== null && stdout !== null)
      stdin.write(line)
      assert.equal(String((await once(stdout, "data"))[0]), line)
      kill()
    }
    assert.equal((await runtime.containerStatus(id)).state, "RUNNING")
    const withTerminal = async () => {
      const { stdout } = await runtime.attach(id, { tty: true, stdin: false, stdout: true, stderr: false })
      assert(stdout !== null)
      await text(stdout)
    }
    await assert.rejects(withTerminal, isRuntimeError)
  })

  it("a forwarded port reaches what listens in the pod", async (fixture) => {
    const { sandbox } = await fixture.started(echoesOnPort)
    assert.equal(await fixture.answer(sandbox, conformancePort, "ping"), "ping")
    await assert.rejects(fixture.ask(sandbox, conformancePort + 1, "ping"), code("RuntimeFailure"))
  })
}
