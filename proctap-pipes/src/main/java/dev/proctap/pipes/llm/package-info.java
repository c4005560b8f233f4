/** Text through a language model, by any server that speaks OpenAI's chat completions. */
package dev.proctap.pipes.llm;
