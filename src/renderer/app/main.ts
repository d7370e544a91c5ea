/** Starts the workbench in the page. */
import { startApp } from './start'

startApp()
