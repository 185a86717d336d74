import { mount } from 'svelte'
import { catalogue } from 'onward-lab:catalogue'
import './style/base.css'
import App from './App.svelte'

mount(App, { target: document.getElementById('lab')!, props: { catalogue } })

if ('serviceWorker' in navigator && location.protocol !== 'file:')
  navigator.serviceWorker.register('service-worker.js').catch(() => undefined)
