/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * libtracebus-1: the client side of org.tracebus1, the tracing service on D-Bus.
 *
 * TbusClient is a connection to the service's bus. It knows which bus that is, and turns what the service
 * answers into errors of one domain, %TBUS_CLIENT_ERROR. Everything else is D-Bus: calls go over
 * tbus_client_get_connection(), with tbus_client_call_async() where waiting may take as long as it takes, or by the
 * typed proxies of <tracebus-proxies.h> (TbusManager, TbusSession, ...; TbusObjectManagerClient for all of them),
 * which want g_dbus_proxy_set_default_timeout() for that.
 *
 * Owner:   references (GObject).
 * Threads: any; a call is finished on the thread-default context that it was made on.
 */
#include <gio/gio.h>

G_BEGIN_DECLS

#define TBUS_BUS_NAME "org.tracebus1"
#define TBUS_ROOT_PATH "/org/tracebus1"
#define TBUS_INTERFACE_PREFIX "org.tracebus1."

/**
 * TbusClientError:
 * @TBUS_CLIENT_ERROR_NOT_FOUND: no such session, channel, rule or app
 * @TBUS_CLIENT_ERROR_ALREADY_EXISTS: the name is taken
 * @TBUS_CLIENT_ERROR_INVALID_ARGS: an argument or an option is wrong; the message names it
 * @TBUS_CLIENT_ERROR_INVALID_STATE: not in the state that the object is in
 * @TBUS_CLIENT_ERROR_NOT_AUTHORIZED: the caller may not do that
 * @TBUS_CLIENT_ERROR_UNSUPPORTED: this version of the service does not do that
 * @TBUS_CLIENT_ERROR_FILTER_SYNTAX: the filter expression does not parse
 * @TBUS_CLIENT_ERROR_EXHAUSTED: a limit was met; the message names it
 * @TBUS_CLIENT_ERROR_OUTPUT_UNAVAILABLE: the trace cannot be written there
 * @TBUS_CLIENT_ERROR_CONSUMER_FAILED: the process that writes the trace died or refused
 * @TBUS_CLIENT_ERROR_APP_GONE: the app exited
 * @TBUS_CLIENT_ERROR_TIMED_OUT: something did not answer in time
 * @TBUS_CLIENT_ERROR_NEEDS_INTERACTION: the user may do that after giving a password, for which the call did not let
 *   the user be asked; see tbus_client_set_interactive()
 *
 * What the service answers: one code for each `org.tracebus1.Error.*`, and one for
 * `org.freedesktop.DBus.Error.InteractiveAuthorizationRequired`. The message is the service's sentence.
 */
typedef enum {
  TBUS_CLIENT_ERROR_NOT_FOUND,
  TBUS_CLIENT_ERROR_ALREADY_EXISTS,
  TBUS_CLIENT_ERROR_INVALID_ARGS,
  TBUS_CLIENT_ERROR_INVALID_STATE,
  TBUS_CLIENT_ERROR_NOT_AUTHORIZED,
  TBUS_CLIENT_ERROR_UNSUPPORTED,
  TBUS_CLIENT_ERROR_FILTER_SYNTAX,
  TBUS_CLIENT_ERROR_EXHAUSTED,
  TBUS_CLIENT_ERROR_OUTPUT_UNAVAILABLE,
  TBUS_CLIENT_ERROR_CONSUMER_FAILED,
  TBUS_CLIENT_ERROR_APP_GONE,
  TBUS_CLIENT_ERROR_TIMED_OUT,
  TBUS_CLIENT_ERROR_NEEDS_INTERACTION,
} TbusClientError;

#define TBUS_CLIENT_ERROR (tbus_client_error_quark ())
GQuark tbus_client_error_quark (void);

#define TBUS_TYPE_CLIENT (tbus_client_get_type ())
G_DECLARE_FINAL_TYPE (TbusClient, tbus_client, TBUS, CLIENT, GObject)

/**
 * tbus_client_new_sync:
 * @bus_type: %G_BUS_TYPE_SYSTEM, %G_BUS_TYPE_SESSION, or %G_BUS_TYPE_NONE for what the environment variable
 *   `TRACEBUS_BUS` says (`system` or `session`), and the system bus where it says nothing
 * @cancellable: (nullable): a #GCancellable
 * @error: return location for a #GError
 *
 * Connects to the bus. The service need not run: the first call starts it where it can be activated.
 * `DBUS_SYSTEM_BUS_ADDRESS` and `DBUS_SESSION_BUS_ADDRESS` name another bus, as everywhere.
 *
 * Returns: (transfer full): a new client, or %NULL with @error set
 */
TbusClient *tbus_client_new_sync (GBusType bus_type, GCancellable *cancellable, GError **error);

/**
 * tbus_client_new_async:
 * @bus_type: as for tbus_client_new_sync()
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when it is done
 * @user_data: data of @callback
 *
 * As tbus_client_new_sync(), without blocking.
 */
void tbus_client_new_async (GBusType bus_type, GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data);

/**
 * tbus_client_new_finish:
 * @result: what the callback got
 * @error: return location for a #GError
 *
 * Returns: (transfer full): a new client, or %NULL with @error set
 */
TbusClient *tbus_client_new_finish (GAsyncResult *result, GError **error);

/**
 * tbus_client_new_for_connection:
 * @connection: a connection to a message bus
 *
 * Returns: (transfer full): a client on a connection that is there already
 */
TbusClient *tbus_client_new_for_connection (GDBusConnection *connection);

/**
 * tbus_client_get_connection:
 * @self: a #TbusClient
 *
 * Returns: (transfer none): the connection
 */
GDBusConnection *tbus_client_get_connection (TbusClient *self);

/**
 * tbus_client_set_interactive:
 * @self: a #TbusClient
 * @interactive: whether its calls let the user be asked for a password; by default they do
 *
 * A call that does not, and is refused for that with %TBUS_CLIENT_ERROR_NEEDS_INTERACTION, has done nothing: it may be
 * made again.
 */
void tbus_client_set_interactive (TbusClient *self, gboolean interactive);

/**
 * tbus_client_call_async:
 * @self: a #TbusClient
 * @path: the object, `/org/tracebus1` or below
 * @member: interface and method without the common prefix, as `Session.Start`; a full name for interfaces of others
 * @parameters: (nullable): a tuple; consumed if it is floating
 * @cancellable: (nullable): a #GCancellable. The service goes on with what it was asked
 * @callback: called with the answer
 * @user_data: data of @callback
 *
 * Calls a method and waits for the answer as long as it takes: Stop and Destroy answer when the trace is complete.
 * Where the service wants an authorisation that the user could give, the user may be asked, unless
 * tbus_client_set_interactive() said otherwise.
 */
void tbus_client_call_async (TbusClient *self, const char *path, const char *member, GVariant *parameters,
                             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/**
 * tbus_client_call_with_fds_async:
 * @self: a #TbusClient
 * @path: the object
 * @member: interface and method, as in tbus_client_call_async()
 * @parameters: (nullable): a tuple; consumed if it is floating
 * @fds: (nullable): descriptors that @parameters speaks of, as `h`
 * @cancellable: (nullable): a #GCancellable
 * @callback: called with the answer
 * @user_data: data of @callback
 *
 * The same as tbus_client_call_async() for methods that take descriptors. Ends with tbus_client_call_finish(), too.
 */
void tbus_client_call_with_fds_async (TbusClient *self, const char *path, const char *member, GVariant *parameters,
                                      GUnixFDList *fds, GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data);

/**
 * tbus_client_call_finish:
 * @self: a #TbusClient
 * @result: what the callback got
 * @error: return location for a #GError, of %TBUS_CLIENT_ERROR where the service answered one
 *
 * Returns: (transfer full): the answer, a tuple, or %NULL with @error set
 */
GVariant *tbus_client_call_finish (TbusClient *self, GAsyncResult *result, GError **error);

G_END_DECLS
