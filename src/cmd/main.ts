import { userInfo } from "node:os"
import { describeFileError } from "../cli/file-error.ts"
import { UserError } from "../cli/user-error.ts"
import { type Command, commands, helpOf, overview } from "./commands.ts"

/** Runs one command. Returns the exit code: 0, 1 when it failed, 2 when it was called wrongly. */
export async function main(args: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = args
  if (name === "help" || name === "--help" || name === "-h") {
    const about = commands.find((command) => command.name === rest[0])
    process.stdout.write(about === undefined ? overview() : helpOf(about))
    return 0
  }
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined) {
    process.stderr.write(`gantry: found no command "${name}". Run ./gantry help for all of them.\n`)
    return 2
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    process.stdout.write(helpOf(command))
    return 0
  }
  return runCommand(command, rest)
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  try {
    if (command.needs === "root" && process.getuid?.() !== 0) {
      throw new UserError(
        `found user ${userInfo().username}, expected root: ${command.name} works on containers, networks and mounts. Run it with sudo.`,
      )
    }
    const run = await command.load()
    return await run(args)
  } catch (error) {
    if (error instanceof UserError) {
      process.stderr.write(`gantry: ${error.message}\n`)
      return error.exitCode
    }
    const text = describeFileError(error)
    if (text !== undefined) {
      process.stderr.write(`gantry: ${text}\n`)
      return 1
    }
    // Only our own bugs come here, so whoever reports them needs the stack.
    process.stderr.write(`gantry: ${command.name} failed unexpectedly\n`)
    console.error(error)
    return 1
  }
}
