import type { Container } from "../../api/core/v1/container.ts"
import { quote } from "../../machinery/field/quote.ts"

/** A port by number, or by the name that the container gives it. Throws with Kubernetes' message. */
export function resolvePort(port: number | string, container: Pick<Container, "ports">): number {
  const number = typeof port === "number" ? port : named(port, container)
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number
  throw new Error(`invalid port number: ${number}`)
}

function named(name: string, { ports }: Pick<Container, "ports">): number {
  const found = ports?.find((port) => port.name === name)
  if (found !== undefined) return found.containerPort
  if (/^\d+$/.test(name)) return Number(name)
  throw new Error(`strconv.Atoi: parsing ${quote(name)}: invalid syntax`)
}
