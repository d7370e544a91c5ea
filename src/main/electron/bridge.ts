/** Ties the page to the services: a MessagePort a document, the menu it describes, the commands chosen there. */
import { RPCHandler } from '@orpc/server/message-port'
import { BrowserWindow, ipcMain, MessageChannelMain, type WebContents } from 'electron'
import { shellMenuSchema } from '../../contract/shell'
import { channels } from '../../preload/channels'
import { createRouter, handlerOptions } from '../api/index'
import type { Services } from '../services/index'
import { showMenu } from './menu'
import { isTrustedSender } from './security'

const perform = (command: string): void => {
  const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
  window?.webContents.send(channels.command, command)
}

/** Answers the preload's few messages; those of a foreign frame are dropped. */
export function bridge(services: Services): void {
  const handler = new RPCHandler(createRouter(services), handlerOptions)
  const connect = (contents: WebContents): void => {
    const { port1, port2 } = new MessageChannelMain()
    handler.upgrade(port1)
    port1.start()
    contents.postMessage(channels.port, null, [port2])
  }
  ipcMain.on(channels.requestPort, (event) => {
    if (isTrustedSender(event.senderFrame)) connect(event.sender)
  })
  ipcMain.on(channels.menu, (event, description: unknown) => {
    if (!isTrustedSender(event.senderFrame)) return
    const menu = shellMenuSchema.safeParse(description)
    if (menu.success) showMenu(menu.data, perform)
  })
  showMenu([], perform)
}
