/**
 * A failed evaluation, as a value: `&&`, `||` and `?:` may still decide without it. Never thrown. The texts are those of
 * cel-go, since Kubernetes shows them to clients.
 */
export class CelError {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }

  toString(): string {
    return this.message
  }
}

export function isError(value: unknown): value is CelError {
  return value instanceof CelError
}

export function noSuchOverload(): CelError {
  return new CelError("no such overload")
}

export function noSuchKey(key: string): CelError {
  return new CelError(`no such key: ${key}`)
}

export function noSuchField(name: string): CelError {
  return new CelError(`no such field '${name}'`)
}

export function indexOutOfBounds(index: number | bigint): CelError {
  return new CelError(`index out of bounds: ${index}`)
}
