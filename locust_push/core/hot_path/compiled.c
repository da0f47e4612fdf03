/* The hot path, compiled: the ring and the listener of plain.py, whose docstrings state the contract.

   Why it exists. Calling an empty Python function takes twice as long as everything that is done here, because Python
   matches every keyword of an event with the function's parameters. A type with its own tp_call receives the event's
   dictionary as it is, and looks up five entries.

   Why it is safe. Users are greenlets of one thread that holds the GIL, and a greenlet can yield only where Python code
   runs. Converting values to numbers may run third-party code; between that and storing the observation none runs, since
   only exact str objects are looked up. Only the stable ABI of Python 3.11 is used, so that one build works with every
   later Python. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

/* As in plain.py and values.py. */
#define FIRST_CAPACITY 4
#define LAST_CAPACITY 2048
#define MAX_BYTES (1ULL << 50)

enum { REQUEST_TYPE, NAME, RESPONSE_TIME, RESPONSE_LENGTH, EXCEPTION, FIELDS };

static const char *const FIELD_NAMES[FIELDS] = {
    "request_type", "name", "response_time", "response_length", "exception",
};

typedef struct {
    PyTypeObject *ring_type;
    PyTypeObject *listener_type;
    PyObject *field_names[FIELDS];
} State;

/* ---- Ring ---- */

typedef struct {
    double response_time; /* milliseconds */
    unsigned long long response_length;
} Observation;

typedef struct {
    PyObject_HEAD
    Py_ssize_t position;
    Py_ssize_t capacity;
    Observation *slots;
} Ring;

static PyObject *
ring_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    PyObject *made = allocate(type, 0);
    if (made == NULL) {
        return NULL;
    }
    Ring *ring = (Ring *)made;
    ring->position = 0;
    ring->capacity = FIRST_CAPACITY;
    ring->slots = PyMem_Malloc(FIRST_CAPACITY * sizeof(Observation));
    if (ring->slots == NULL) {
        Py_DECREF(made);
        return PyErr_NoMemory();
    }
    return made;
}

static void
ring_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    PyMem_Free(((Ring *)self)->slots);
    release(self);
    Py_DECREF(type);
}

static PyObject *
ring_repr(Ring *self)
{
    return PyUnicode_FromFormat("<Ring %zd of %zd observations>", self->position, self->capacity);
}

/* Convert an event's values to numbers; -1 and an exception if that fails. May run third-party code. */
static int
read_observation(PyObject *response_time, PyObject *response_length, Observation *into)
{
    into->response_time = PyFloat_AsDouble(response_time);
    if (into->response_time == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    into->response_length = PyLong_AsUnsignedLongLong(response_length);
    return into->response_length == (unsigned long long)-1 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *
ring_put(Ring *self, PyObject *const *args, Py_ssize_t count)
{
    Observation observation;
    if (count != 2) {
        return PyErr_Format(PyExc_TypeError, "put takes a time and a length, not %zd arguments", count);
    }
    if (read_observation(args[0], args[1], &observation) < 0) {
        return NULL;
    }
    if (self->position == self->capacity) {
        PyErr_SetString(PyExc_IndexError, "the ring is full");
        return NULL;
    }
    self->slots[self->position++] = observation;
    Py_RETURN_NONE;
}

static PyObject *
ring_grow(Ring *self, PyObject *Py_UNUSED(args))
{
    if (self->capacity == LAST_CAPACITY) {
        Py_RETURN_FALSE;
    }
    Observation *slots = PyMem_Realloc(self->slots, 2 * self->capacity * sizeof(Observation));
    if (slots == NULL) {
        Py_RETURN_FALSE; /* what is full is drained then */
    }
    self->slots = slots;
    self->capacity *= 2;
    Py_RETURN_TRUE;
}

static PyObject *
ring_take(Ring *self, PyObject *Py_UNUSED(args))
{
    Py_ssize_t used = self->position;
    unsigned long long bytes = 0; /* LAST_CAPACITY * MAX_BYTES is 2 ** 61 */
    PyObject *times = PyList_New(used);
    /* A new list may start the garbage collector, and that a finalizer that makes a request. */
    while (times != NULL && used != self->position) {
        Py_DECREF(times);
        used = self->position;
        times = PyList_New(used);
    }
    if (times == NULL) {
        return NULL;
    }
    for (Py_ssize_t slot = 0; slot < used; slot++) {
        Observation observation = self->slots[slot];
        PyObject *time = PyFloat_FromDouble(observation.response_time);
        if (time == NULL) {
            Py_DECREF(times);
            return NULL;
        }
        PyList_SetItem(times, slot, time);
        if (observation.response_length < MAX_BYTES) {
            bytes += observation.response_length;
        }
    }
    self->position = 0;
    return Py_BuildValue("NK", times, bytes);
}

static PyMemberDef ring_members[] = {
    {"position", T_PYSSIZET, offsetof(Ring, position), READONLY, NULL},
    {"capacity", T_PYSSIZET, offsetof(Ring, capacity), READONLY, NULL},
    {NULL},
};

static PyMethodDef ring_methods[] = {
    {"put", (PyCFunction)(void (*)(void))ring_put, METH_FASTCALL, NULL},
    {"grow", (PyCFunction)ring_grow, METH_NOARGS, NULL},
    {"take", (PyCFunction)ring_take, METH_NOARGS, NULL},
    {NULL},
};

static PyType_Slot ring_slots[] = {
    {Py_tp_new, ring_new},         {Py_tp_dealloc, ring_dealloc}, {Py_tp_repr, ring_repr},
    {Py_tp_members, ring_members}, {Py_tp_methods, ring_methods}, {0, NULL},
};

static PyType_Spec ring_spec = {
    .name = "locust_push.core.hot_path.compiled.Ring",
    .basicsize = sizeof(Ring),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = ring_slots,
};

/* ---- Listener ---- */

typedef struct {
    PyObject_HEAD
    State *state; /* of the module, which the type keeps alive */
    PyObject *successes;
    PyObject *record_failure;
    PyObject *record_unusual;
    /* Of the previous event, and nearly always those of the next one. Memory that is not read need not be fetched:
       between two events other work has used the processor's caches, and cache misses are most of the cost here. */
    PyObject *method;
    PyObject *of_method;
    PyTypeObject *ring_type;
} Listener;

static void
replace(PyObject **kept, PyObject *with)
{
    PyObject *before = *kept;
    *kept = Py_NewRef(with);
    Py_XDECREF(before);
}

/* The ring of a successful request, borrowed, or NULL. */
static Ring *
find_ring(Listener *self, PyObject *const *event)
{
    if (!PyUnicode_CheckExact(event[REQUEST_TYPE]) || !PyUnicode_CheckExact(event[NAME])) {
        return NULL;
    }
    if (event[REQUEST_TYPE] != self->method) {
        PyObject *of_method = PyDict_GetItemWithError(self->successes, event[REQUEST_TYPE]);
        if (of_method == NULL) {
            return NULL;
        }
        replace(&self->method, event[REQUEST_TYPE]);
        replace(&self->of_method, of_method);
    }
    PyObject *ring = PyDict_GetItemWithError(self->of_method, event[NAME]);
    if (ring == NULL) {
        return NULL;
    }
    if (Py_TYPE(ring) != self->ring_type) {
        if (!PyObject_TypeCheck(ring, self->state->ring_type)) {
            return NULL;
        }
        replace((PyObject **)&self->ring_type, (PyObject *)Py_TYPE(ring));
    }
    return (Ring *)ring;
}

/* Call one of the recorder's methods with the event. */
static PyObject *
hand_on(PyObject *to, PyObject *const *event)
{
    return PyObject_CallFunctionObjArgs(
        to, event[REQUEST_TYPE], event[NAME], event[RESPONSE_TIME], event[RESPONSE_LENGTH], event[EXCEPTION], NULL);
}

/* 0 where the event was recorded; -1 where it was not, with an exception or without. */
static int
record(Listener *self, PyObject *const *event)
{
    Observation observation;
    int failed = event[EXCEPTION] == Py_None ? 0 : PyObject_IsTrue(event[EXCEPTION]);
    if (failed > 0) {
        PyObject *recorded = hand_on(self->record_failure, event);
        Py_XDECREF(recorded);
        return recorded == NULL ? -1 : 0;
    }
    if (failed < 0 || read_observation(event[RESPONSE_TIME], event[RESPONSE_LENGTH], &observation) < 0) {
        return -1;
    }
    Ring *ring = find_ring(self, event);
    if (ring == NULL || ring->position == ring->capacity) {
        return -1;
    }
    ring->slots[ring->position++] = observation;
    return 0;
}

static PyObject *
listener_call(Listener *self, PyObject *args, PyObject *keywords)
{
    PyObject *event[FIELDS], *done = Py_None;
    if (PyTuple_Size(args) != 0) {
        PyErr_SetString(PyExc_TypeError, "an event has keywords only");
        return NULL;
    }
    for (int field = 0; field < FIELDS; field++) {
        PyObject *value = keywords == NULL ? NULL : PyDict_GetItemWithError(keywords, self->state->field_names[field]);
        if (value == NULL) {
            PyErr_Clear(); /* a keyword may be a third-party subclass of str that raises when compared */
            value = Py_None;
        }
        event[field] = Py_NewRef(value);
    }
    if (record(self, event) == 0) {
        Py_INCREF(done);
    }
    else if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_Exception)) {
        done = NULL; /* a greenlet or the process is to end */
    }
    else {
        PyErr_Clear();
        done = hand_on(self->record_unusual, event);
    }
    for (int field = 0; field < FIELDS; field++) {
        Py_DECREF(event[field]);
    }
    return done;
}

static int
listener_traverse(PyObject *object, visitproc visit, void *arg)
{
    Listener *self = (Listener *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->successes);
    Py_VISIT(self->record_failure);
    Py_VISIT(self->record_unusual);
    Py_VISIT(self->method);
    Py_VISIT(self->of_method);
    Py_VISIT(self->ring_type);
    return 0;
}

static int
listener_clear(PyObject *object)
{
    Listener *self = (Listener *)object;
    Py_CLEAR(self->successes);
    Py_CLEAR(self->record_failure);
    Py_CLEAR(self->record_unusual);
    Py_CLEAR(self->method);
    Py_CLEAR(self->of_method);
    Py_CLEAR(self->ring_type);
    return 0;
}

static void
listener_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    PyObject_GC_UnTrack(self);
    listener_clear(self);
    release(self);
    Py_DECREF(type);
}

static PyType_Slot listener_slots[] = {
    {Py_tp_call, listener_call},       {Py_tp_traverse, listener_traverse},
    {Py_tp_clear, listener_clear},     {Py_tp_dealloc, listener_dealloc},
    {0, NULL},
};

static PyType_Spec listener_spec = {
    .name = "locust_push.core.hot_path.compiled.Listener",
    .basicsize = sizeof(Listener),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = listener_slots,
};

static PyObject *
make_listener(PyObject *module, PyObject *args)
{
    State *state = PyModule_GetState(module);
    PyObject *successes, *record_failure, *record_unusual;
    if (!PyArg_ParseTuple(args, "O!OO", &PyDict_Type, &successes, &record_failure, &record_unusual)) {
        return NULL;
    }
    Listener *listener = (Listener *)PyType_GenericAlloc(state->listener_type, 0);
    if (listener == NULL) {
        return NULL;
    }
    listener->state = state;
    listener->successes = Py_NewRef(successes);
    listener->record_failure = Py_NewRef(record_failure);
    listener->record_unusual = Py_NewRef(record_unusual);
    return (PyObject *)listener;
}

/* ---- Module ---- */

static int
execute(PyObject *module)
{
    State *state = PyModule_GetState(module);
    for (int field = 0; field < FIELDS; field++) {
        /* Interned, as the keywords of a call are: then finding one is comparing two addresses. */
        state->field_names[field] = PyUnicode_InternFromString(FIELD_NAMES[field]);
        if (state->field_names[field] == NULL) {
            return -1;
        }
    }
    state->ring_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &ring_spec, NULL);
    if (state->ring_type == NULL || PyModule_AddType(module, state->ring_type) < 0) {
        return -1;
    }
    state->listener_type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &listener_spec, NULL);
    return state->listener_type == NULL ? -1 : 0;
}

static int
traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->ring_type);
    Py_VISIT(state->listener_type);
    return 0;
}

static int
clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->ring_type);
    Py_CLEAR(state->listener_type);
    for (int field = 0; field < FIELDS; field++) {
        Py_CLEAR(state->field_names[field]);
    }
    return 0;
}

static void
release(void *module)
{
    clear(module);
}

static PyMethodDef functions[] = {
    {"make_listener", make_listener, METH_VARARGS, NULL},
    {NULL},
};

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "locust_push.core.hot_path.compiled",
    .m_doc = "The hot path, compiled; plain.py says what it promises.",
    .m_size = sizeof(State),
    .m_methods = functions,
    .m_slots = module_slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC
PyInit_compiled(void)
{
    return PyModuleDef_Init(&definition);
}
