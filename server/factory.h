/**
 * @file factory.h
 * The class object of the server.
 */
#ifndef HP_SERVER_FACTORY_H
#define HP_SERVER_FACTORY_H

#include <unknwn.h>

#include "server/exports.h"

/**
 * Register the class object for this process, suspended, and resume it: from then on
 * clients come. Any number of them.
 *
 * @param clsid    the class
 * @param exports  what its objects offer; must outlive the registration and all objects
 * @param cookie   receives what hp_factory_revoke takes
 * @return S_OK or COM's error, then nothing is registered. Needs the multi-threaded apartment.
 */
HRESULT hp_factory_register(const CLSID *clsid, const hp_exports *exports, DWORD *cookie,
                            hp_trouble *trouble);

/** Take the class object back. */
void hp_factory_revoke(DWORD cookie);

/** The class object, while it is registered. Not counted: the caller does not release it. */
IUnknown *hp_factory_object(void);

#endif
