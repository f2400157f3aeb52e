"""Over HTTP: kept files, pages for uploads and logins, webhooks, health and figures; which proxy a connection uses."""
