import { register } from 'node:module'
import { editedBugs } from './edited-bugs.ts'

// Loaded before everything else, so that the program is loaded with the bug that the command line names.
const named = process.argv[process.argv.indexOf('--bug') + 1]
const data = editedBugs.find(({ name }) => name === named)
if (data !== undefined) register(new URL('./edit-hooks.js', import.meta.url), { data })
