/*
 * Statements → output. There is no data: the dot is nothing until `with`, `range` or a call gives it a value. A field of
 * nothing is nothing again, as in Go; no other value has fields. Every statement and command is a step.
 */
#include "hook/template_evaluate.h"

#include "base/arena.h"
#include "hook/template.h"
#include "hook/template_syntax.h"
#include "hook/template_value.h"

#define STEPS_MAX 1000000

/* To a search for new inputs one that runs for a million steps is a thousand that are not tried. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define STEPS_PART 100
#else
#define STEPS_PART 1
#endif

#define STEP_BYTES 1024 /* of text that a function is given count as one more step */
#define MEMORY_MAX ((size_t)64 * 1024 * 1024)

struct variable {
	struct str name;
	struct template_value value;
};

struct run {
	struct template_source *source;
	struct template_output *output;
	const struct template_definition *definitions;
	const struct regex *printable;
	struct variable *variables; /* a stack */
	size_t variable_count, variable_capacity;
	size_t base; /* of the variables that this template sees */
	unsigned depth;
	size_t steps;
	size_t used; /* of the arena before */
};

/* How a list ended. */
enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_FAILED };

static enum flow run_list(struct run *run, const struct template_list *list, const struct template_value *dot);
static bool evaluate(struct run *run, const struct template_pipeline *pipeline, const struct template_value *dot,
                     struct template_value *value);

/* `work` is in bytes of text. */
static bool step(struct run *run, size_t at, size_t work)
{
	run->steps += 1 + work / STEP_BYTES;
	if (run->steps > STEPS_MAX / STEPS_PART)
		return template_fail(run->source, at, "more than %d steps: does it ever end?", STEPS_MAX);
	if (run->source->arena->used - run->used > MEMORY_MAX)
		return template_fail(run->source, at, "more than %zu MiB of memory", MEMORY_MAX >> 20);
	return true;
}

static bool enter(struct run *run, size_t at)
{
	if (run->depth >= TEMPLATE_DEPTH_MAX)
		return template_fail(run->source, at, "more than %d levels of blocks and calls", TEMPLATE_DEPTH_MAX);
	run->depth++;
	return true;
}

/* --- Variables -------------------------------------------------------------------------------------------------- */

static void push_variable(struct run *run, struct str name, const struct template_value *value)
{
	run->variables = arena_grow(run->source->arena, run->variables, run->variable_count, &run->variable_capacity,
	                            sizeof(*run->variables));
	run->variables[run->variable_count++] = (struct variable){name, *value};
}

static struct variable *find_variable(struct run *run, struct str name)
{
	for (size_t i = run->variable_count; i-- > run->base;)
		if (str_equal(run->variables[i].name, name))
			return &run->variables[i];
	return NULL;
}

static bool set_variable(struct run *run, size_t at, struct str name, const struct template_value *value)
{
	struct variable *variable = find_variable(run, name);

	if (variable == NULL)
		return template_fail(run->source, at, "the variable %.*s is not declared before it is set",
		                     STR_ARGS(str_head(name, 64)));
	variable->value = *value;
	return true;
}

/* --- Pipelines -------------------------------------------------------------------------------------------------- */

/* The arguments of a command behind its function, and the value that the pipeline hands it (NULL: none). */
struct arguments {
	const struct template_operand *first;
	const struct template_value *final;
};

static bool call_function(struct run *run, const struct template_operand *operand, const struct arguments *arguments,
                          const struct template_value *dot, struct template_value *value);

static bool get_field(struct run *run, const struct template_operand *operand, struct template_value *value)
{
	if (operand->field.len == 0 || value->kind == TEMPLATE_NIL)
		return true;
	return template_fail(run->source, operand->at, "%s has no field \"%.*s\"", template_kind_name(value->kind),
	                     STR_ARGS(str_head(operand->field, 64)));
}

/* An operand alone: an argument, or a command of one. */
static bool evaluate_operand(struct run *run, const struct template_operand *operand, const struct template_value *dot,
                             struct template_value *value)
{
	static const struct arguments none;
	const struct variable *variable;

	*value = (struct template_value){.kind = TEMPLATE_NIL, .text = STR("")};
	switch (operand->kind) {
	case OPERAND_CONSTANT:
		*value = operand->value;
		return true;
	case OPERAND_NIL:
		return true;
	case OPERAND_DOT:
		*value = *dot;
		break;
	case OPERAND_VARIABLE:
		variable = find_variable(run, operand->name);
		if (variable == NULL)
			return template_fail(run->source, operand->at, "the variable %.*s has no value yet",
			                     STR_ARGS(str_head(operand->name, 64)));
		*value = variable->value;
		break;
	case OPERAND_FUNCTION:
		if (!call_function(run, operand, &none, dot, value))
			return false;
		break;
	case OPERAND_PIPELINE:
	default:
		if (!evaluate(run, operand->pipeline, dot, value))
			return false;
		break;
	}
	return get_field(run, operand, value);
}

/* `and` and `or` stop at the first argument that decides, and never look at those behind it. */
static bool decide(struct run *run, const struct arguments *arguments, bool stop, const struct template_value *dot,
                   struct template_value *value)
{
	for (const struct template_operand *at = arguments->first; at != NULL; at = at->next) {
		if (!evaluate_operand(run, at, dot, value))
			return false;
		if (template_true(value) == stop)
			return true;
	}
	if (arguments->final != NULL)
		*value = *arguments->final;
	return true;
}

static bool evaluate_arguments(struct run *run, const struct arguments *arguments, const struct template_value *dot,
                               struct template_value *values)
{
	size_t i = 0;

	for (const struct template_operand *at = arguments->first; at != NULL; at = at->next)
		if (!evaluate_operand(run, at, dot, &values[i++]))
			return false;
	if (arguments->final != NULL)
		values[i] = *arguments->final;
	return true;
}

static bool call_function(struct run *run, const struct template_operand *operand, const struct arguments *arguments,
                          const struct template_value *dot, struct template_value *value)
{
	const struct template_function *function = operand->function;
	size_t count = arguments->final != NULL;

	for (const struct template_operand *at = arguments->first; at != NULL; at = at->next)
		count++;
	if (!template_check_count(run->source, operand->at, function, count) || !step(run, operand->at, 0))
		return false;
	if (function->call == NULL)
		return decide(run, arguments, str_equal_c(str_from(function->name), "or"), dot, value);
	struct template_value *values = arena_array(run->source->arena, count, sizeof(*values));
	if (!evaluate_arguments(run, arguments, dot, values))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!step(run, operand->at, values[i].text.len))
			return false;
	struct template_call call = {run->source, run->output, &run->printable, function, values, count, operand->at};
	if (function->text_first && values[0].kind != TEMPLATE_TEXT)
		return template_call_fail(&call, "the first argument must be a text, found %s",
		                          template_kind_name(values[0].kind));
	return function->call(&call, value);
}

static bool run_command(struct run *run, const struct template_command *command, const struct template_value *dot,
                        const struct template_value *final, struct template_value *value)
{
	const struct template_operand *operand = command->operands;
	const struct arguments arguments = {operand->next, final};
	bool alone = operand->next == NULL && final == NULL;

	if (operand->kind == OPERAND_FUNCTION && operand->field.len == 0)
		return call_function(run, operand, &arguments, dot, value);
	if (operand->kind == OPERAND_NIL)
		return template_fail(run->source, operand->at, "nil alone is not a command");
	if (!alone && operand->field.len == 0)
		return template_fail(run->source, operand->at, "this takes no arguments: it is not a function");
	return evaluate_operand(run, operand, dot, value);
}

static bool evaluate(struct run *run, const struct template_pipeline *pipeline, const struct template_value *dot,
                     struct template_value *value)
{
	struct template_value before;
	const struct template_value *final = NULL;
	bool good = enter(run, pipeline->at);

	for (const struct template_command *at = pipeline->commands; good && at != NULL; at = at->next) {
		good = step(run, at->at, 0) && run_command(run, at, dot, final, value);
		if (!good)
			return false;
		before = *value;
		final = &before;
	}
	for (size_t i = 0; good && i < pipeline->variable_count; i++) {
		if (pipeline->assigns)
			good = set_variable(run, pipeline->at, pipeline->variables[i], value);
		else
			push_variable(run, pipeline->variables[i], value);
	}
	run->depth--;
	return good;
}

/* --- Statements ------------------------------------------------------------------------------------------------- */

static enum flow write_text(struct run *run, size_t at, struct str text)
{
	buf_append_str(&run->output->text, text);
	if (run->output->text.len <= TEMPLATE_TEXT_MAX)
		return FLOW_ON;
	template_fail(run->source, at, "more than %zu MiB of output", TEMPLATE_TEXT_MAX >> 20);
	return FLOW_FAILED;
}

static enum flow run_pipeline(struct run *run, const struct template_statement *statement,
                              const struct template_value *dot)
{
	struct template_value value;

	if (!evaluate(run, statement->pipeline, dot, &value))
		return FLOW_FAILED;
	if (statement->pipeline->variable_count > 0)
		return FLOW_ON;
	if (value.kind == TEMPLATE_NIL)
		template_warn(run->source, statement->at, "this writes \"<no value>\": a file of hooks has no data");
	template_write_value(&run->output->text, &value, "<no value>");
	return write_text(run, statement->at, STR(""));
}

static enum flow run_choice(struct run *run, const struct template_statement *statement,
                            const struct template_value *dot)
{
	size_t variables = run->variable_count;
	struct template_value value;
	enum flow flow = FLOW_FAILED;

	if (evaluate(run, statement->pipeline, dot, &value)) {
		bool truth = template_true(&value);
		bool inside = truth && statement->kind == STATEMENT_WITH;
		flow = run_list(run, truth ? &statement->body : &statement->otherwise, inside ? &value : dot);
	}
	run->variable_count = variables;
	return flow;
}

static enum flow run_turns(struct run *run, const struct template_statement *statement, struct template_value turn,
                           int64_t end)
{
	const struct template_pipeline *pipeline = statement->pipeline;
	size_t variables = run->variable_count;

	for (turn.number = 0; turn.number < end; turn.number++) {
		if (!step(run, statement->at, 0))
			return FLOW_FAILED;
		if (pipeline->variable_count > 0 && !set_variable(run, pipeline->at, pipeline->variables[0], &turn))
			return FLOW_FAILED;
		enum flow flow = run_list(run, &statement->body, &turn);
		run->variable_count = variables;
		if (flow == FLOW_FAILED || flow == FLOW_BREAK)
			return flow == FLOW_BREAK ? FLOW_ON : flow;
	}
	return FLOW_ON;
}

/* Over nothing, which has no turns, or a number n: 0 to n - 1, as Go has it since 1.24. */
static enum flow run_range(struct run *run, const struct template_statement *statement,
                           const struct template_value *dot)
{
	size_t variables = run->variable_count;
	struct template_value value;
	enum flow flow = FLOW_FAILED;

	if (!evaluate(run, statement->pipeline, dot, &value))
		goto done;
	bool number = value.kind == TEMPLATE_INTEGER || value.kind == TEMPLATE_BYTE;
	if (!number && value.kind != TEMPLATE_NIL)
		template_fail(run->source, statement->pipeline->at, "range cannot go over %s",
		              template_kind_name(value.kind));
	else if (number && statement->pipeline->variable_count > 1)
		template_fail(run->source, statement->pipeline->at, "a range over a number has one variable");
	else if (number && value.number > 0)
		flow = run_turns(run, statement, value, value.number);
	else
		flow = run_list(run, &statement->otherwise, dot);
done:
	run->variable_count = variables;
	return flow;
}

/* The template sees its argument as the dot and $, and no variable of the caller. */
static enum flow run_template(struct run *run, const struct template_statement *statement,
                              const struct template_value *dot)
{
	const struct template_definition *definition = template_find(run->definitions, statement->text);
	struct template_value value = {.kind = TEMPLATE_NIL, .text = STR("")};
	size_t variables = run->variable_count, base = run->base;

	if (definition == NULL) {
		template_fail(run->source, statement->at, "there is no template \"%.*s\"",
		              STR_ARGS(str_head(statement->text, 64)));
		return FLOW_FAILED;
	}
	if (statement->pipeline != NULL && !evaluate(run, statement->pipeline, dot, &value))
		return FLOW_FAILED;
	if (!enter(run, statement->at))
		return FLOW_FAILED;
	run->base = run->variable_count;
	push_variable(run, STR("$"), &value);
	enum flow flow = run_list(run, &definition->body, &value);
	run->depth--;
	run->base = base;
	run->variable_count = variables;
	return flow;
}

static enum flow run_statement(struct run *run, const struct template_statement *statement,
                               const struct template_value *dot)
{
	switch (statement->kind) {
	case STATEMENT_TEXT:
		return write_text(run, statement->at, statement->text);
	case STATEMENT_PIPELINE:
		return run_pipeline(run, statement, dot);
	case STATEMENT_IF:
	case STATEMENT_WITH:
		return run_choice(run, statement, dot);
	case STATEMENT_RANGE:
		return run_range(run, statement, dot);
	case STATEMENT_TEMPLATE:
		return run_template(run, statement, dot);
	case STATEMENT_BREAK:
		return FLOW_BREAK;
	case STATEMENT_CONTINUE:
	default:
		return FLOW_CONTINUE;
	}
}

static enum flow run_list(struct run *run, const struct template_list *list, const struct template_value *dot)
{
	enum flow flow = FLOW_ON;

	if (list->first == NULL)
		return FLOW_ON;
	if (!enter(run, list->first->at))
		return FLOW_FAILED;
	for (const struct template_statement *at = list->first; at != NULL && flow == FLOW_ON; at = at->next)
		flow = step(run, at->at, 0) ? run_statement(run, at, dot) : FLOW_FAILED;
	run->depth--;
	return flow;
}

bool template_evaluate(struct template_source *source, const struct template_definition *definitions,
                       struct template_output *output)
{
	struct run run = {.source = source, .output = output, .definitions = definitions, .used = source->arena->used};
	const struct template_value nothing = {.kind = TEMPLATE_NIL, .text = STR("")};
	const struct template_definition *file = template_find(definitions, STR("hooks"));

	push_variable(&run, STR("$"), &nothing);
	return run_list(&run, &file->body, &nothing) != FLOW_FAILED;
}
