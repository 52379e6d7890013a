type Schema = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asSchema(value: unknown): Schema {
  if (isObject(value)) return value
  throw new TypeError(`a schema was expected, but ${JSON.stringify(value)} was found`)
}

function schemasOf(value: unknown): readonly Schema[] {
  if (Array.isArray(value)) return value.map(asSchema)
  throw new TypeError(`a list of schemas was expected, but ${JSON.stringify(value)} was found`)
}

function namesOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isObject(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

/** Keywords that refuse nothing. */
const annotations = new Set(['$schema', 'title', 'description', 'default', 'examples', 'format'])

/**
 * Everything by which a value does not fit a JSON Schema, as `path: keyword`; empty where it fits. It knows the keywords
 * that our schemas have, and throws at any other, so that none is passed over.
 */
export function checkJsonSchema(schema: Schema, value: unknown, path = ''): string[] {
  const fits = (other: Schema, part: unknown = value): boolean => checkJsonSchema(other, part).length === 0
  const members = isObject(value) ? Object.entries(value) : []
  const properties = asSchema(schema.properties ?? {})

  function findings(keyword: string, given: unknown): string[] {
    const say = (sound: boolean): string[] => (sound ? [] : [`${path}: ${keyword}`])
    const number = typeof value === 'number' ? value : null
    switch (keyword) {
      case 'type':
        return say(
          (Array.isArray(given) ? namesOf(given) : [String(given)]).some((type) => isOfType(value, type)),
        )
      case 'enum':
        return say(Array.isArray(given) && given.includes(value))
      case 'const':
        return say(value === given)
      case 'minimum':
        return say(number === null || number >= Number(given))
      case 'maximum':
        return say(number === null || number <= Number(given))
      case 'exclusiveMinimum':
        return say(number === null || number > Number(given))
      case 'minLength':
        return say(typeof value !== 'string' || [...value].length >= Number(given))
      case 'pattern':
        return say(typeof value !== 'string' || new RegExp(String(given), 'u').test(value))
      case 'minItems':
        return say(!Array.isArray(value) || value.length >= Number(given))
      case 'items':
        if (!Array.isArray(value)) return []
        return value.flatMap((item, index) => checkJsonSchema(asSchema(given), item, `${path}/${index}`))
      case 'required':
        return namesOf(given).flatMap((name) =>
          isObject(value) && !Object.hasOwn(value, name) ? [`${path}/${name}: required`] : [],
        )
      case 'properties':
        return members.flatMap(([name, part]) => {
          const known = Object.hasOwn(properties, name) ? properties[name] : undefined
          return known === undefined ? [] : checkJsonSchema(asSchema(known), part, `${path}/${name}`)
        })
      case 'additionalProperties':
        return members.flatMap(([name, part]) => {
          if (Object.hasOwn(properties, name) || given === true) return []
          return given === false
            ? [`${path}/${name}: additionalProperties`]
            : checkJsonSchema(asSchema(given), part, `${path}/${name}`)
        })
      case 'propertyNames':
        return members.flatMap(([name]) =>
          fits(asSchema(given), name) ? [] : [`${path}/${name}: propertyNames`],
        )
      case 'anyOf':
        return say(schemasOf(given).some((other) => fits(other)))
      case 'not':
        return say(!fits(asSchema(given)))
      default:
        throw new TypeError(`the keyword ${keyword} is not known here`)
    }
  }

  return Object.entries(schema).flatMap(([keyword, given]) =>
    annotations.has(keyword) ? [] : findings(keyword, given),
  )
}
